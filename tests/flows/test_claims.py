"""Which videos a run takes on (flows.claims)."""

import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from datasets.sources.video import SourceSpan, SourceVideo
from flows.claims import Claims, Found, Wanted
from flows.group_commit import GroupCommit, Uncommitted
from flows.ingest_config import IngestConfig
from flows.ledger import recorded
from flows.shard_ledger import shard_rows
from flows.work import Identity

WHOLE = SourceVideo(uri="/a.mp4")


def part(*spans: tuple[float, float]) -> SourceVideo:
    return SourceVideo(uri="/a.mp4", spans=tuple(SourceSpan(start_s, end_s) for start_s, end_s in spans))


def found(video_id: str, source: SourceVideo = WHOLE) -> Found:
    return Found(source, Identity(video_id))


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def run(lake: Lake):
    return recorded(lake, "ingest", IngestConfig(source="/videos", lake=lake.uri))


def ids(taken) -> list[str]:
    return [each.identity.video_id for each in taken]


def test_the_first_to_name_a_video_gets_it_and_a_copy_of_it_is_known():
    wanted = Wanted()
    assert wanted.add("v1", WHOLE)
    assert not wanted.add("v1", SourceVideo(uri="/copy.mp4"))


def test_a_video_in_the_lake_is_known_whatever_became_of_it():
    wanted = Wanted({"good": ("ingested", None), "bad": ("quarantined", None)})
    assert not wanted.add("good", WHOLE)
    assert not wanted.add("bad", WHOLE)


def test_a_new_span_of_a_known_video_is_taken_and_joined_to_the_others():
    wanted = Wanted({"v1": ("ingested", "[[0.0, 4.0]]")})
    assert not wanted.add("v1", part((0, 4)))
    assert wanted.add("v1", part((6, 9)))
    assert wanted.spans("v1") == "[[0.0, 4.0], [6, 9]]"


def test_the_whole_video_covers_any_span():
    wanted = Wanted({"v1": ("ingested", None)})
    assert not wanted.add("v1", part((0, 4)))


def test_a_retry_takes_what_is_known():
    wanted = Wanted({"bad": ("quarantined", None), "good": ("ingested", None)}, retry=True)
    assert wanted.add("bad", WHOLE)
    assert wanted.add("good", WHOLE)


def test_what_another_live_run_has_in_hand_is_busy_until_it_is_committed(lake):
    with run(lake) as first, run(lake) as second:
        mine = Claims(lake, first.run_id).take([found("v1"), found("v2")])
        theirs = Claims(lake, second.run_id)
        taken = theirs.take([found("v2"), found("v3")])
        assert (ids(mine.mine), ids(taken.mine), ids(taken.busy)) == (["v1", "v2"], ["v3"], ["v2"])
        assert theirs.free(taken.busy) == []
        group = GroupCommit(lake, every_s=60, uncommitted=Uncommitted(64))
        group.add_video({"video_id": "v2", "uri": "/a.mp4", "status": "ingested"})
        group.commit(mine.shard.__class__(**vars(mine.shard) | {"state": "committed"}))
        assert ids(theirs.free(taken.busy)) == ["v2"]
        again = theirs.take(theirs.free(taken.busy))
        assert (ids(again.mine), again.known) == ([], 1)


def test_what_a_dead_run_had_in_hand_is_taken_over_in_the_same_row(lake):
    with run(lake) as first:
        dead = Claims(lake, first.run_id).take([found("v1")])
    with run(lake) as second:
        taken = Claims(lake, second.run_id).take([found("v1")])
    assert ids(taken.mine) == ["v1"]
    assert dead.shard.shard_id == taken.shard.shard_id
    (row,) = shard_rows(lake)
    assert (row.run_id, row.state, row.video_ids) == (second.run_id, "running", ("v1",))


def test_a_video_that_was_taken_down_is_refused(lake):
    lake.upsert("videos", table_of("videos", [{"video_id": "v1", "status": "forgotten"}]), on="video_id")
    with run(lake) as first:
        for retry in (False, True):
            taken = Claims(lake, first.run_id, retry=retry).take([found("v1")])
            assert (ids(taken.mine), taken.known, taken.forgotten) == ([], 0, 1)


def test_every_video_asked_for_is_mine_known_forgotten_or_busy(lake):
    rows = [{"video_id": "old", "status": "ingested"}, {"video_id": "gone", "status": "forgotten"}]
    lake.upsert("videos", table_of("videos", rows), on="video_id")
    with run(lake) as first, run(lake) as second:
        Claims(lake, first.run_id).take([found("busy")])
        asked = [found(video) for video in ("old", "gone", "busy", "new", "new")]
        taken = Claims(lake, second.run_id).take(asked)
    assert (ids(taken.mine), taken.known, taken.forgotten, ids(taken.busy)) == (["new"], 2, 1, ["busy"])
