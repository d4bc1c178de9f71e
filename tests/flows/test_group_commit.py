"""What goes into the lake goes in once, whoever else adds it and wherever a run dies (flows.group_commit)."""

from dataclasses import replace

import pyarrow as pa
import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from flows.accounting import AccountingError, Counts
from flows.group_commit import GroupCommit, Uncommitted
from flows.shard_ledger import ShardRow, shard_rows
from flows.work import Media, Outcome

SHARD = ShardRow("s1", "run-1", "ingest", "running", ("v1",))
VIDEO = {"video_id": "v" * 64, "uri": "/v.mp4", "status": "ingested"}


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def clips(*clip_ids: str, **columns) -> pa.Table:
    rows = [{"clip_id": clip, "keep": True, "n_frames": 50, **columns} for clip in clip_ids]
    return table_of("clips", rows)


def outcome(lake: Lake, *clip_ids: str, **columns) -> Outcome:
    media = table_of("clip_media", [{"clip_id": clip, "reference": clip.encode()} for clip in clip_ids])
    files = Media(clip_ids, tuple(lake.write_fragments("clip_media", media)))
    return Outcome(clips(*clip_ids, **columns), (files,), Counts(clips=len(clip_ids)))


def group(
    lake: Lake, *outcomes: Outcome, retry: bool = False, every_s: float = 60, most: int = 64
) -> GroupCommit:
    made = GroupCommit(lake, every_s=every_s, uncommitted=Uncommitted(most), retry=retry)
    for each in outcomes:
        made.add(each)
    return made


def ids(lake: Lake, table: str) -> list[str]:
    return sorted(lake.table(table).to_table(columns=["clip_id"])["clip_id"].to_pylist())


def test_clips_media_video_and_shard_are_there_after_one_commit(lake):
    ready = group(lake, outcome(lake, "a", "b"), outcome(lake, "c"))
    ready.add_video(VIDEO)
    counts = ready.commit(replace(SHARD, state="committed"))
    assert (counts.clips, counts.clips_kept, counts.frames_kept, counts.videos_ingested) == (3, 3, 150, 1)
    assert ids(lake, "clips") == ids(lake, "clip_media") == ["a", "b", "c"]
    assert len(lake.table("clips").get_fragments()) == 1
    assert [row.state for row in shard_rows(lake)] == ["committed"]


def test_what_another_run_added_meanwhile_is_known_and_not_doubled(lake):
    mine, theirs = outcome(lake, "a", "b"), outcome(lake, "a", "b")
    group(lake, theirs).commit()
    counts = group(lake, mine, outcome(lake, "c")).commit()
    assert (counts.clips, counts.clips_kept, counts.clips_known) == (3, 1, 2)
    assert ids(lake, "clips") == ids(lake, "clip_media") == ["a", "b", "c"]


def test_a_run_that_died_after_its_media_is_made_good_without_a_second_copy(lake):
    died = outcome(lake, "a")
    lake.append("clip_media", list(died.media[0].fragments))
    counts = group(lake, outcome(lake, "a")).commit()
    assert counts.clips_kept == 1
    assert ids(lake, "clips") == ids(lake, "clip_media") == ["a"]


def test_media_of_which_a_part_is_there_is_refused_loudly(lake):
    lake.append("clip_media", list(outcome(lake, "a").media[0].fragments))
    with pytest.raises(AccountingError, match="media of 1 of 2 clips, a among them"):
        group(lake, outcome(lake, "a", "b")).commit()


def test_the_same_commit_twice_adds_nothing(lake):
    ready = outcome(lake, "a")
    group(lake, ready).commit()
    counts = group(lake, ready).commit()
    assert (counts.clips, counts.clips_known) == (1, 1)
    assert ids(lake, "clips") == ids(lake, "clip_media") == ["a"]


def test_a_retry_replaces_quarantined_clips_and_no_others(lake):
    bad = Outcome(clips("a", keep=False, reason="decode_error"))
    group(lake, bad, outcome(lake, "b")).commit()
    again = [Outcome(clips("a", n_frames=75)), Outcome(clips("b", n_frames=99))]
    counts = group(lake, *again, retry=True).commit()
    assert (counts.clips_kept, counts.clips_known, counts.frames_kept) == (1, 1, 75)
    rows = {row["clip_id"]: row for row in lake.table("clips").to_table().to_pylist()}
    assert (rows["a"]["keep"], rows["a"]["reason"], rows["a"]["n_frames"]) == (True, None, 75)
    assert rows["b"]["n_frames"] == 50


def test_without_a_retry_a_quarantined_clip_stays_as_it_is(lake):
    group(lake, Outcome(clips("a", keep=False, reason="decode_error"))).commit()
    counts = group(lake, Outcome(clips("a"))).commit()
    assert (counts.clips_known, counts.clips_kept) == (1, 0)


def test_a_file_that_was_missing_and_is_ingested_now_leaves_no_quarantined_row(lake):
    missing = {"video_id": "0123456789ab", "uri": "/v.mp4", "status": "quarantined", "reason": "missing"}
    unreadable = {"video_id": "f" * 64, "uri": "/v.mp4", "status": "quarantined", "reason": "unreadable"}
    other = missing | {"video_id": "ba9876543210", "uri": "/w.mp4"}
    lake.upsert("videos", table_of("videos", [missing, unreadable, other]), on="video_id")
    ready = group(lake)
    ready.add_video(VIDEO)
    ready.commit()
    assert set(lake.known_videos()) == {VIDEO["video_id"], "f" * 64, "ba9876543210"}


def test_a_group_is_due_by_clips_or_by_time_and_never_when_empty(lake):
    assert not group(lake, every_s=0).is_due
    assert not group(lake, Outcome(clips("a")), most=2).is_due
    assert group(lake, Outcome(clips("a", "b")), most=2).is_due
    assert group(lake, Outcome(clips("a")), every_s=0).is_due


def test_clips_of_all_shards_of_a_run_count_together_until_they_are_committed(lake):
    uncommitted = Uncommitted(3)
    first, second = (GroupCommit(lake, every_s=60, uncommitted=uncommitted) for _ in range(2))
    first.add(outcome(lake, "a", "b"))
    assert not first.is_due
    second.add(outcome(lake, "c"))
    assert first.is_due
    assert second.is_due
    first.commit()
    assert not second.is_due
