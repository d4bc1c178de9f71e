from datetime import UTC, datetime, timedelta
from pathlib import Path

import lance
import pytest

from datasets.counts import count_clips, count_slots, count_videos
from datasets.lake import Lake
from datasets.rows import table_of
from datasets.staleness import Wanted

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def put(lake: Lake, table: str, *rows: dict) -> lance.LanceDataset:
    lake.append(table, lake.write_fragments(table, table_of(table, rows)))
    return lake.table(table)


def source(version: str, at: datetime | None = NOON, params_hash: str = "00") -> dict:
    return {"name": "any", "version": version, "params_hash": params_hash, "run_id": "r", "at": at}


def test_an_empty_lake_counts_to_nothing(lake):
    status = lake.status()
    assert status["videos"] == {"total": 0, "ingested": 0, "quarantined": 0, "forgotten": 0}
    assert status["clips"] == {"total": 0, "kept": 0, "filtered": 0, "quarantined": 0}
    assert status["annotators"]["motion"] == {"version": None, "filled": 0, "null": 0}


def test_a_forgotten_video_is_counted_as_one(lake):
    rows = [{"video_id": str(n), "status": s} for n, s in enumerate(["ingested", "forgotten", "ingested"])]
    table = put(lake, "videos", *rows)
    assert count_videos(table) == {"total": 3, "ingested": 2, "quarantined": 0, "forgotten": 1}


def test_a_clip_without_a_keep_flag_is_not_kept(lake):
    table = put(lake, "clips", {"clip_id": "a", "keep": True}, {"clip_id": "b"})
    assert count_clips(table) == {"total": 2, "kept": 1, "filtered": 1, "quarantined": 0}


def test_the_version_written_last_is_told_whatever_its_name(lake):
    table = put(
        lake,
        "clips",
        {"clip_id": "a", "hands_src": source("10", NOON)},
        {"clip_id": "b", "hands_src": source("9", NOON + HOUR)},
        {"clip_id": "c", "hands_src": source("11", None)},
        {"clip_id": "d"},
    )
    assert count_slots(table)["hands"] == {"version": "9", "filled": 3, "null": 1}


def test_stale_clips_are_counted_where_it_is_told_what_is_stale(lake):
    table = put(
        lake,
        "clips",
        {"clip_id": "current", "keep": True, "body_src": source("2", params_hash="aa")},
        {"clip_id": "older", "keep": True, "body_src": source("1", params_hash="aa")},
        {"clip_id": "other", "keep": True, "body_src": source("2", params_hash="bb")},
        {"clip_id": "never", "keep": True},
        {"clip_id": "filtered", "keep": False},
    )
    slots = count_slots(table, {"body": Wanted("body", "2", "aa").stale})
    assert slots["body"] == {"version": "2", "filled": 3, "null": 2, "stale": 3}
    assert "stale" not in slots["hands"]


def test_a_slot_is_stale_where_one_it_reads_has_changed(lake):
    hands = source("1", params_hash="hh")
    table = put(
        lake,
        "clips",
        {"clip_id": "a", "keep": True, "body_src": source("1", params_hash="bb"), "hands_src": hands}
        | {"hands_inputs": "body 1/bb"},
        {"clip_id": "b", "keep": True, "body_src": source("2", params_hash="bb"), "hands_src": hands}
        | {"hands_inputs": "body 1/bb"},
    )
    assert count_slots(table, {"hands": Wanted("hands", "1", "hh", ("body",)).stale})["hands"]["stale"] == 1


def test_counts_of_an_older_version_stay_what_they_were(lake):
    put(lake, "clips", {"clip_id": "a", "keep": True, "body_src": source("1")})
    before = lake.table("clips").version
    put(lake, "clips", {"clip_id": "b", "keep": True, "body_src": source("2", NOON + HOUR)})
    assert count_slots(lake.table("clips", before))["body"] == {"version": "1", "filled": 1, "null": 0}
    assert count_slots(lake.table("clips"))["body"] == {"version": "2", "filled": 2, "null": 0}
