"""The mark of promotion: only on whole snapshots, once, and on lakes of earlier releases too."""

from datetime import UTC, datetime

import pytest

from datasets.lake import Lake, SchemaDrift
from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.promote import mark_promoted, refuse_broken
from datasets.snapshots.snapshot import SnapshotError, find_snapshot, open_snapshot
from datasets.takedown.tags import withdraw
from tests.datasets.lakes import clip, new_lake, put_clips


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = new_lake(tmp_path)
    put_clips(lake, clip("a1", "a"), clip("b1", "b"))
    return lake


def test_a_promoted_snapshot_keeps_everything_and_the_time_of_the_first_promotion(lake):
    made = create_snapshot(lake, "all", Choice())
    before = datetime.now(UTC)
    assert (made.promoted_at, mark_promoted(lake, "all")) == (None, True)
    promoted = open_snapshot(lake, "all")
    assert promoted.promoted_at is not None
    assert before <= promoted.promoted_at <= datetime.now(UTC)
    assert promoted.as_dict() == made.as_dict() | {"promoted_at": promoted.promoted_at.isoformat()}
    assert mark_promoted(lake, "all") is False
    assert find_snapshot(lake, "all").promoted_at == promoted.promoted_at


def test_what_is_not_there_or_withdrawn_is_not_promoted(lake):
    create_snapshot(lake, "all", Choice())
    with pytest.raises(SnapshotError, match="has no snapshot other; it has: all"):
        mark_promoted(lake, "other")
    withdraw(lake, ["a"])
    with pytest.raises(SnapshotError, match=r"all of .* is withdrawn"):
        mark_promoted(lake, "all")


def test_a_damaged_label_is_found_by_reading_all_and_by_nothing_less(lake):
    put_clips(lake, clip("c1", "c") | {"body_digest": "0000000000000000"})
    broken = create_snapshot(lake, "broken", Choice())
    refuse_broken(broken, read_all=False)
    with pytest.raises(
        SnapshotError, match=r"not whole \(1 clips differ, the first is c1, whose body is not as"
    ):
        refuse_broken(broken)


def test_clips_that_changed_under_a_tag_are_found_without_reading_them(lake):
    made = create_snapshot(lake, "all", Choice())
    put_clips(lake, clip("c1", "c"))
    lake.table("clips").tags.update("all", lake.table("clips").version)
    with pytest.raises(SnapshotError, match="have the content hash"):
        refuse_broken(made, read_all=False)


def test_a_lake_of_an_earlier_release_is_named_and_upgraded_on_request(lake):
    create_snapshot(lake, "all", Choice())
    lake.table("snapshots").drop_columns(["promoted_at"])
    with pytest.raises(SchemaDrift, match=r"lacks the columns \['promoted_at'\]: run `emo2 maintain --lake"):
        Lake.open(lake.uri)
    upgraded = Lake.open(lake.uri, upgrade=True)
    assert find_snapshot(upgraded, "all").promoted_at is None
    assert mark_promoted(upgraded, "all")
