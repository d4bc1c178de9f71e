import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import style_labels
from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing
from datasets.replacement import commit_replacements, write_replacement
from datasets.rows import table_of
from datasets.style_labels import StyleCounts, Told, Verdict, count_styles, write_told
from tests.flows.stale_lakes import append, clip_row, column, stale_lake

SUNG, SAID, NOTHING = Told("singing", "person"), Told("speaking", "source"), Told()


def styles(lake: Lake) -> dict[str, str | None]:
    return column(lake, "style_told")


def others(lake: Lake) -> list[dict]:
    """All that a label must not touch."""
    names = [name for name in lake.table("clips").schema.names if not name.startswith("style_told")]
    return lake.table("clips").to_table(columns=names).sort_by("clip_id").to_pylist()


def test_a_label_is_written_beside_everything_else_in_one_version(tmp_path):
    lake = stale_lake(tmp_path, 3, 2)
    before, version = others(lake), lake.table("clips").version
    assert write_told(lake, {"clip001": SUNG, "clip003": SAID}) == 2
    assert styles(lake) == {
        "clip000": None,
        "clip001": "singing",
        "clip002": None,
        "clip003": "speaking",
        "clip004": None,
    }
    assert column(lake, "style_told_by")["clip003"] == "source"
    assert others(lake) == before
    assert lake.table("clips").version == version + 1


def test_a_second_label_replaces_the_first_and_keeps_those_of_other_clips(tmp_path):
    lake = stale_lake(tmp_path, 3)
    write_told(lake, {"clip000": SUNG, "clip001": SUNG})
    write_told(lake, {"clip001": Told("gesture_dance", "person")})
    assert styles(lake) == {"clip000": "singing", "clip001": "gesture_dance", "clip002": None}
    write_told(lake, {"clip001": NOTHING})
    assert styles(lake)["clip001"] is column(lake, "style_told_by")["clip001"] is None


def test_a_label_written_while_another_is_committed_loses_neither(tmp_path, monkeypatch):
    lake = stale_lake(tmp_path, 4)
    real, waited = commit_replacements, []

    def second(*arguments, **options):
        if not waited:
            waited.append(True)
            by_other = table_of("clips", [{"clip_id": "clip001", "style_told": "singing"}])
            rows = by_other.select(["clip_id", "style_told"])
            other = write_replacement(lake, rows, version=lake.table("clips").version, fragment_id=0)
            real(lake, [other])
        return real(*arguments, **options)

    monkeypatch.setattr(style_labels, "commit_replacements", second)
    assert write_told(lake, {"clip000": Told("speaking", "person")}) == 1
    assert styles(lake) == {"clip000": "speaking", "clip001": "singing", "clip002": None, "clip003": None}


def test_people_who_label_at_once_lose_nothing(tmp_path):
    lake = stale_lake(tmp_path, 6, 6)
    ids = [f"clip{number:03d}" for number in range(12)]
    threads = [threading.Thread(target=write_told, args=(lake, {each: SUNG})) for each in ids[:8]]
    threads += [threading.Thread(target=lambda: append(lake, clip_row(12)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert styles(lake) == dict.fromkeys(ids[:8], "singing") | dict.fromkeys([*ids[8:], "clip012"])


def test_a_label_and_a_new_annotation_of_the_same_clip_both_stay(tmp_path):
    lake = stale_lake(tmp_path, 3)
    table = lake.table("clips")
    rows = table_of("clips", [{"clip_id": "clip001", "body_rev": 2}]).select(["clip_id", "body_rev"])
    annotated = write_replacement(lake, rows, version=table.version, fragment_id=0)
    write_told(lake, {"clip001": SUNG})
    with committing(lake):
        assert commit_replacements(lake, [annotated]).outdated == ()
    assert styles(lake)["clip001"] == "singing"
    assert column(lake, "body_rev")["clip001"] == 2


def test_a_verdict_is_told_by_what_the_row_says_when_it_is_committed(tmp_path, monkeypatch):
    lake = stale_lake(tmp_path, 3)
    seen_by = Verdict(("people",), lambda row, told: (row["people"] == 2, "low_resolution", told.style))
    real, waited = commit_replacements, []

    def later(*arguments, **options):
        if not waited:
            waited.append(True)
            rows = table_of("clips", [{"clip_id": "clip001", "people": 2}]).select(["clip_id", "people"])
            real(lake, [write_replacement(lake, rows, version=lake.table("clips").version, fragment_id=0)])
        return real(*arguments, **options)

    monkeypatch.setattr(style_labels, "commit_replacements", later)
    assert write_told(lake, {"clip000": SUNG, "clip001": SUNG}, seen_by) == 2
    assert column(lake, "keep") == {"clip000": False, "clip001": True, "clip002": True}
    assert column(lake, "detail") == {"clip000": "singing", "clip001": "singing", "clip002": None}


def test_a_verdict_that_changes_nothing_touches_nothing_of_others(tmp_path):
    lake = stale_lake(tmp_path, 2)
    as_before = Verdict((), lambda row, told: (row["keep"], row["reason"], row["detail"]))
    rows = table_of("clips", [{"clip_id": "clip001", "keep": False}]).select(["clip_id", "keep"])
    by_other = write_replacement(lake, rows, version=lake.table("clips").version, fragment_id=0)
    write_told(lake, {"clip001": SUNG}, as_before)
    assert commit_replacements(lake, [by_other]).outdated == ()
    assert column(lake, "keep") == {"clip000": True, "clip001": False}


def test_clips_that_were_merged_into_another_fragment_meanwhile_are_labelled_there(tmp_path, monkeypatch):
    lake = stale_lake(tmp_path, 1, 1)
    real = style_labels.committing

    def merging(lake: Lake):
        monkeypatch.setattr(style_labels, "committing", real)
        lake.table("clips").optimize.compact_files()
        return real(lake)

    monkeypatch.setattr(style_labels, "committing", merging)
    assert write_told(lake, {"clip000": SUNG, "clip001": SAID}) == 2
    assert styles(lake) == {"clip000": "singing", "clip001": "speaking"}


def test_clips_that_are_gone_are_left_out(tmp_path):
    lake = stale_lake(tmp_path, 3)
    lake.delete("clips", "clip_id = 'clip001'")
    assert write_told(lake, {"clip000": SUNG, "clip001": SUNG}) == 1
    assert styles(lake) == {"clip000": "singing", "clip002": None}
    assert write_told(lake, {"clip001": SUNG}) == 0


def test_a_lake_whose_clips_others_change_all_the_time_is_told(tmp_path, monkeypatch):
    lake = stale_lake(tmp_path, 1)

    class Never:
        committed = ()

        def __init__(self, written):
            self.outdated = tuple(written)

    monkeypatch.setattr(style_labels, "commit_replacements", lambda lake, written, check: Never(written))
    with pytest.raises(LakeError, match="other writers kept changing the clips"):
        write_told(lake, {"clip000": SUNG})


def test_an_older_version_keeps_what_it_said(tmp_path):
    lake = stale_lake(tmp_path, 2)
    version = lake.table("clips").version
    write_told(lake, {"clip000": SUNG})
    old = lake.table("clips", version).to_table(columns=["style_told"])["style_told"].to_pylist()
    assert old == [None, None]


def test_columns_that_an_upgrade_added_can_be_filled(tmp_path):
    lake = stale_lake(tmp_path, 2)
    lake.table("clips").drop_columns(["style_told", "style_told_by"])
    lake = Lake.open(lake.uri, upgrade=True)
    write_told(lake, {"clip001": SUNG})
    assert styles(lake) == {"clip000": None, "clip001": "singing"}


def test_styles_are_counted_by_how_they_are_known(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    told = [
        {"style_told": "singing", "style_told_by": "person", "style_guess": "speaking"},
        {"style_told": "singing", "style_told_by": "source"},
        {"style_guess": "gesture_dance"},
        {},
        {"style_guess": "speaking", "keep": False},
    ]
    append(lake, *(clip_row(number, **row) for number, row in enumerate(told)))
    counted = count_styles(lake.table("clips"))
    assert counted == StyleCounts({"singing": 1}, {"singing": 1}, {"gesture_dance": 1}, 1)
    assert (counted.of("singing"), counted.of("speaking")) == (2, 0)


@settings(max_examples=10)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([f"clip{number:03d}" for number in range(5)]),
            st.sampled_from([SUNG, SAID, NOTHING]),
        ),
        max_size=5,
    )
)
def test_after_any_labels_each_clip_says_what_was_said_last(tmp_path_factory, labels):
    lake = stale_lake(Path(tmp_path_factory.mktemp("lake")), 2, 3)
    expected = {f"clip{number:03d}": None for number in range(5)}
    for told in labels:
        assert write_told(lake, told) == len(told)
        expected |= {clip_id: each.style for clip_id, each in told.items()}
    assert styles(lake) == expected
