"""Buckets know which clips and which motion they were made of."""

from pathlib import Path

import pytest

from datasets.lake import Lake
from datasets.motion.buckets import Buckets
from datasets.motion.freshness import bucket_state, clips_digest, stored_buckets_state
from datasets.motion.store import MotionBuckets, save_buckets
from datasets.rows import table_of


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def clip(name: str, **changes) -> dict:
    row = {"clip_id": name, "split": "train", "keep": True, "motion_digest": f"of {name}", "motion_rev": 1}
    return row | changes


def put(lake: Lake, *rows: dict) -> int:
    return lake.append("clips", lake.write_fragments("clips", table_of("clips", rows)))


def made(lake: Lake, *, digest: str | None) -> MotionBuckets:
    return MotionBuckets(
        clips_version=lake.table("clips").version,
        window_frames=300,
        stride_frames=150,
        count=8,
        min_seen_share=0.5,
        clips=2,
        clips_without_motion=0,
        motion_versions=("2",),
        clips_digest=digest,
        windows_left=9,
        windows_right=8,
        variance=Buckets.between([-9.0, -6.1, -3.0]),
        speed=Buckets.between([-3.0, -1.0, 0.3]),
    )


def made_now(lake: Lake) -> MotionBuckets:
    return made(lake, digest=clips_digest(lake))


def test_buckets_are_current_while_the_clips_they_were_made_of_stay(lake):
    put(lake, clip("a"), clip("b"))
    buckets = made_now(lake)
    put(lake, clip("c", split="val"), clip("d", keep=False))
    lake.table("clips").update({"people": "1.0"})
    assert bucket_state(lake, buckets) == "current"


@pytest.mark.parametrize(
    "change",
    [
        {"motion_digest": "'other'"},
        {"motion_digest": "NULL", "motion_rev": "NULL"},
        {"split": "'val'"},
        {"keep": "false"},
    ],
)
def test_other_motion_or_another_selection_makes_buckets_stale(lake, change):
    put(lake, clip("a"), clip("b"))
    buckets = made_now(lake)
    lake.table("clips").update(change, where="clip_id = 'b'")
    assert bucket_state(lake, buckets) == "stale"


def test_clips_that_are_added_or_removed_make_buckets_stale(lake):
    put(lake, clip("a"), clip("b"))
    buckets = made_now(lake)
    put(lake, clip("c"))
    assert bucket_state(lake, buckets) == "stale"
    lake.table("clips").delete("clip_id = 'c'")
    assert bucket_state(lake, buckets) == "current"
    lake.table("clips").delete("clip_id = 'a'")
    assert bucket_state(lake, buckets) == "stale"


def test_the_digest_does_not_depend_on_the_order_of_the_rows(lake, tmp_path):
    put(lake, clip("a"), clip("b"))
    other = Lake.open(tmp_path / "other", create=True)
    put(other, clip("b"))
    put(other, clip("a"))
    assert clips_digest(other) == clips_digest(lake)


def test_clips_of_an_older_release_are_told_apart_by_their_revision(lake):
    put(lake, clip("a", motion_digest=None))
    buckets = made_now(lake)
    lake.table("clips").update({"motion_rev": "2"})
    assert bucket_state(lake, buckets) == "stale"


def test_buckets_that_do_not_say_what_they_were_made_of_are_current_at_their_own_version_only(lake):
    put(lake, clip("a"))
    buckets = made(lake, digest=None)
    assert bucket_state(lake, buckets) == "current"
    put(lake, clip("b", split="val"))
    assert bucket_state(lake, buckets) == "stale"


def test_a_lake_says_whether_its_newest_buckets_are_stale(lake):
    put(lake, clip("a"), clip("b"))
    assert stored_buckets_state(lake) is None
    buckets = made_now(lake)
    save_buckets(lake, buckets)
    assert stored_buckets_state(lake) == {"id": buckets.id, "state": "current"}
    put(lake, clip("c"))
    assert stored_buckets_state(lake) == {"id": buckets.id, "state": "stale"}
