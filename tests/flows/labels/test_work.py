import json

import pytest

from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from datasets.snapshots.snapshot import open_snapshot
from flows.labels.config import LabelConfig
from flows.labels.work import label_lake
from flows.ledger import live_runs, recorded
from tests.datasets.plain_snapshots import plain_snapshot
from tests.flows.labels.labelled_lakes import OPERA, TALK, labelled_lake, told
from tests.flows.stale_lakes import append, clip_row, column

SUNG, PERSON, NOTHING = ("singing", "source"), ("gesture_dance", "person"), (None, None)


@pytest.fixture
def lake(tmp_path) -> Lake:
    return labelled_lake(tmp_path)


def label(lake: Lake, style: str = "gesture_dance", **choice):
    return label_lake(LabelConfig(lake=lake.uri, style=style, **choice))


def test_a_label_goes_before_the_word_of_the_source(lake):
    counts = label(lake, clips=("clip001", "clip004"))
    assert (counts.chosen, counts.changed) == (2, 2)
    assert told(lake) == [SUNG, PERSON, SUNG, SUNG, PERSON, NOTHING]


def test_taking_it_back_leaves_what_the_source_said_or_nothing(lake):
    label(lake, where="TRUE")
    label(lake, "clear", clips=("clip000",), videos=(TALK,))
    assert told(lake) == [SUNG, PERSON, PERSON, PERSON, NOTHING, NOTHING]


def test_a_clip_in_which_nobody_needed_to_speak_is_kept_again_until_the_label_is_taken_back(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    wanting = {"keep": False, "speech_ratio": 0.5, "speaker_score": 0.02}
    append(
        lake,
        clip_row(0, **wanting, reason="not_speaking", detail="it does not move"),
        clip_row(1, **wanting, reason="blurred", detail="by its motion"),
    )
    label(lake, clips=("clip000", "clip001"))
    assert column(lake, "keep") == {"clip000": True, "clip001": False}
    assert column(lake, "reason") == {"clip000": None, "clip001": "blurred"}
    label(lake, "speaking", where="TRUE")
    assert column(lake, "reason") == {"clip000": "not_speaking", "clip001": "blurred"}
    assert column(lake, "keep")["clip000"] is False


def test_a_label_that_is_no_dance_leaves_the_verdict_alone(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    append(lake, clip_row(0, speech_ratio=0.5, speaker_score=0.02))  # kept, by bounds that were lower
    label(lake, "singing", where="TRUE")
    assert column(lake, "keep") == {"clip000": True}


def test_the_run_is_on_record(lake):
    label(lake, videos=(OPERA,))
    (run,) = lake.table("runs").to_table().to_pylist()
    assert (run["flow"], run["state"]) == ("label", "completed")
    assert json.loads(run["counts"]) == {"style": "gesture_dance", "chosen": 4, "changed": 4}
    assert json.loads(run["params"])["videos"] == [OPERA]


def test_the_same_label_again_changes_nothing_and_leaves_no_trace(lake):
    label(lake, videos=(OPERA,))
    versions = lake.versions()
    again = label(lake, videos=(OPERA,))
    assert (again.chosen, again.changed) == (4, 0)
    assert lake.versions() == versions


def test_a_dry_run_changes_nothing(lake):
    versions = lake.versions()
    assert label(lake, videos=(OPERA,), dry_run=True).changed == 4
    assert lake.versions() == versions


def test_a_snapshot_keeps_what_it_held(lake):
    plain_snapshot(lake, "before")
    label(lake, where="TRUE")
    held = lake.table("clips", "before").to_table(columns=["style_told"])["style_told"].to_pylist()
    assert held.count("singing") == 4
    assert open_snapshot(lake, "before").clip_ids() == [f"clip00{number}" for number in range(6)]


def test_it_works_beside_another_run_but_not_beside_a_takedown(lake):
    config = LabelConfig(lake=lake.uri, style="singing", clips=("clip004",))
    with recorded(lake, "ingest", config):
        assert label(lake, clips=("clip004",)).changed == 1
    with recorded(lake, "forget", config), pytest.raises(LakeError, match="is taking videos out"):
        label(lake, clips=("clip005",))
    assert live_runs(lake) == []


def test_clips_that_came_later_are_not_labelled(lake):
    label(lake, videos=(TALK,))
    late = table_of("clips", [{"clip_id": "late", "video_id": TALK, "keep": True}])
    lake.append("clips", lake.write_fragments("clips", late))
    assert told(lake)[-1] == NOTHING
