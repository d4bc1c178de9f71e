from pathlib import Path

import pytest

from datasets.identity import params_hash
from datasets.lake import Lake
from datasets.provenance import inputs_of, source
from datasets.rows import table_of
from datasets.staleness import (
    ANNOTATED,
    INPUTS,
    NEVER,
    PARAMETERS,
    VERSION,
    Wanted,
    changed_inputs,
    stale_clips,
)

NONE = params_hash({})
BODY_1 = source("body", "1", {}, "r")
HANDS_1 = source("hands", "1", {}, "r")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def put(lake: Lake, **rows: dict) -> None:
    values = [{"clip_id": clip, "keep": True, "n_frames": 50} | row for clip, row in rows.items()]
    lake.append("clips", lake.write_fragments("clips", table_of("clips", values)))


def why(lake: Lake, wanted: Wanted, where: str | None = None) -> dict[str, str]:
    return {clip.clip_id: clip.why for clip in stale_clips(lake.table("clips"), wanted, where)}


def test_what_is_missing_older_or_of_other_parameters_is_stale(lake):
    put(
        lake,
        fresh={"body_src": BODY_1},
        missing={},
        older={"body_src": source("body", "0", {}, "r")},
        newer={"body_src": source("body", "2", {}, "r")},
        tuned={"body_src": source("body", "1", {"focal_px": 900}, "r")},
    )
    assert why(lake, Wanted("body", "1", NONE)) == {
        "missing": NEVER,
        "older": VERSION,
        "newer": VERSION,
        "tuned": PARAMETERS,
    }


def test_what_was_derived_from_values_replaced_since_is_stale(lake):
    made_of = inputs_of(("body",), {"body": BODY_1})
    put(
        lake,
        fresh={"body_src": BODY_1, "hands_src": HANDS_1, "hands_inputs": made_of},
        moved={
            "body_src": source("body", "2", {}, "r"),
            "hands_src": HANDS_1,
            "hands_inputs": made_of,
        },
        untold={"body_src": BODY_1, "hands_src": HANDS_1},  # of a release that did not write inputs
    )
    assert why(lake, Wanted("hands", "1", NONE, ("body",))) == {"moved": INPUTS, "untold": INPUTS}
    assert lake.table("clips").count_rows(changed_inputs("hands", ("body",))) == 2


def test_another_run_of_the_same_version_and_parameters_changes_nothing(lake):
    put(
        lake,
        again={
            "body_src": source("body", "1", {}, "another run"),
            "hands_src": HANDS_1,
            "hands_inputs": inputs_of(("body",), {"body": BODY_1}),
        },
    )
    assert why(lake, Wanted("hands", "1", NONE, ("body",))) == {}


def test_clips_that_lack_a_slot_to_derive_from_wait(lake):
    put(lake, ready={"body_src": BODY_1, "hands_src": HANDS_1}, waiting={"hands_src": HANDS_1})
    found = stale_clips(lake.table("clips"), Wanted("motion", "1", NONE, ("body", "hands")))
    assert {clip.clip_id: clip.waits for clip in found} == {"ready": False, "waiting": True}


def test_clips_that_are_not_kept_are_never_stale(lake):
    put(lake, filtered={"keep": False}, unknown={"keep": None})
    assert why(lake, Wanted("body", "1", NONE)) == {}


def test_a_selection_narrows_what_is_stale(lake):
    put(lake, a={"split": "train"}, b={"split": "val"})
    assert why(lake, Wanted("body", "1", NONE), "split = 'val' OR split = 'test'") == {"b": NEVER}


def test_a_version_with_a_quote_in_it_is_compared_as_it_is(lake):
    put(lake, a={"body_src": source("body", "o'1", {}, "r")})
    assert why(lake, Wanted("body", "o'1", NONE)) == {}
    assert why(lake, Wanted("body", "o'2", NONE)) == {"a": VERSION}


def test_a_stale_clip_knows_its_length_and_its_fragment(lake):
    put(lake, a={"n_frames": 60})
    put(lake, b={"n_frames": None})
    found = list(stale_clips(lake.table("clips"), Wanted("body", "1", NONE)))
    assert [(clip.clip_id, clip.n_frames, clip.fragment_id) for clip in found] == [("a", 60, 0), ("b", 0, 1)]


def test_a_clip_that_only_the_annotators_left_out_is_stale_as_kept_ones_are(lake):
    left_out = {"keep": False, "reason": "not_speaking"}
    put(
        lake,
        kept={},
        heard=left_out,
        blurred={"keep": False, "reason": "blurred"},
        fresh={"body_src": BODY_1},
    )
    put(lake, done=left_out | {"body_src": BODY_1})
    assert why(lake, Wanted("body", "1", NONE)) == {"kept": NEVER, "heard": NEVER}
    assert lake.table("clips").count_rows(ANNOTATED) == 4


def test_a_slot_that_can_be_done_without_keeps_nobody_waiting(lake):
    put(lake, a={"body_src": BODY_1})
    reads = ("body", "hands")
    for optional, waits in (((), True), (("hands",), False), (("body",), True)):
        (found,) = stale_clips(lake.table("clips"), Wanted("motion", "1", NONE, reads, optional))
        assert found.waits is waits
