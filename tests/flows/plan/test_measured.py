"""What a plan reads from a lake (flows.plan.measured)."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from flows.costs import Costs, StageCost
from flows.plan.measured import NoCosts, SlotSize, read_measured


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def add_run(lake: Lake, run_id: str, counts: dict | None, *, state: str = "completed", hour: int = 0) -> None:
    ended_at = datetime(2026, 1, 1, hour, tzinfo=UTC)
    row = {"run_id": run_id, "flow": "ingest", "state": state, "ended_at": ended_at}
    row["counts"] = counts and json.dumps(counts)
    lake.upsert("runs", table_of("runs", [row]), on="run_id")


def costs(survey_s: float, frames: int) -> dict:
    stages = {"survey": StageCost(1.0, 0.0, survey_s), "encode": StageCost(2.0, 0.0, frames)}
    return {"costs": Costs(stages, held_core_s=5.0).as_dict()}


def add_clips(lake: Lake) -> None:
    made = {"version": "2", "params_hash": "p"}
    points = [[0.5] * 99] * 200
    clips = [
        {"clip_id": "a", "keep": True, "n_frames": 200, "body_src": made, "body_keypoints": points},
        {"clip_id": "b", "keep": True, "n_frames": 100},
        {"clip_id": "c", "keep": False, "reason": "blurred", "n_frames": 500},
        {"clip_id": "d", "keep": False, "reason": "not_speaking", "n_frames": 50},
    ]
    lake.append("clips", lake.write_fragments("clips", table_of("clips", clips)))
    media = pa.Table.from_pylist([{"clip_id": "a", "mp4": bytes(300_000), "audio": bytes(20_000)}])
    lake.append("clip_media", lake.write_fragments("clip_media", table_of("clip_media", media.to_pylist())))
    videos = [
        {"video_id": "v", "status": "ingested", "duration_s": 60.0},
        {"video_id": "w", "status": "quarantined", "duration_s": None},
    ]
    lake.upsert("videos", table_of("videos", videos), on="video_id")


def test_costs_of_all_runs_that_have_any_add_up(lake):
    add_clips(lake)
    add_run(lake, "r1", costs(10, 100))
    add_run(lake, "r2", costs(5, 50), state="cancelled")
    add_run(lake, "r3", {"videos": 3})  # of a release that measured nothing
    add_run(lake, "r4", None, state="running")
    measured = read_measured(lake)
    assert measured.runs == 2
    assert (measured.source.amount, measured.clips.amount) == (15, 150)
    assert measured.costs.held_core_s == 10.0


def test_the_newest_runs_are_those_that_ended_last(lake):
    add_clips(lake)
    for run_id, hour, frames in (("r1", 3, 300), ("r2", 1, 100), ("r3", 2, 200)):
        add_run(lake, run_id, costs(10, frames), hour=hour)
    assert read_measured(lake, newest=2).clips.amount == 500
    assert read_measured(lake, newest=9).runs == 3


def test_sizes_are_of_the_store_and_frames_of_clips_that_were_made(lake):
    add_clips(lake)
    add_run(lake, "r1", costs(10, 100))
    measured = read_measured(lake)
    assert (measured.kept_frames, measured.source_s) == (350, 60.0)
    assert 300_000 < measured.tables["clip_media"] < 400_000
    assert 300_000 <= measured.media_bytes <= measured.tables["clip_media"]
    assert list(measured.slots) == ["body"]
    assert measured.slots["body"].frames == 200
    assert 0 < measured.slots["body"].size_bytes < measured.tables["clips"]
    assert isinstance(measured.slots["body"], SlotSize)


def test_a_lake_without_costs_says_how_to_measure(lake):
    add_run(lake, "r3", {"videos": 3})
    with pytest.raises(
        NoCosts, match=r"no run into the lake at .* has measured costs: run `emo2 ingest SOURCE"
    ):
        read_measured(lake)


def test_runs_that_kept_nothing_are_not_enough(lake):
    add_run(lake, "r1", costs(10, 0))
    with pytest.raises(NoCosts, match="kept a clip: run `emo2 ingest SOURCE"):
        read_measured(lake)
