import pytest

from benchmarks.faults.synthetic import FILLED, Shape, clip_rows, make_lake, slot_values, wanted
from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.schema import CLIPS, SLOTS
from datasets.splits.resolve import resolve_splits
from datasets.staleness import stale_clips


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Lake:
    return make_lake(tmp_path_factory.mktemp("synthetic") / "lake", Shape(250, clips_a_fragment=64, frames=3))


def test_it_holds_as_many_clips_as_asked_for_in_fragments_of_the_size_asked_for(lake):
    assert lake.status()["clips"] == {"total": 250, "kept": 225, "filtered": 25, "quarantined": 0}
    assert [fragment.count_rows() for fragment in lake.table("clips").get_fragments()] == [64, 64, 64, 58]
    assert lake.table("clip_media").count_rows() == 225
    assert lake.status()["videos"]["total"] == 25


def test_the_slots_of_hands_and_body_are_filled_for_kept_clips_alone(lake):
    slots = lake.status()["annotators"]
    assert {slot: slots[slot]["filled"] for slot in SLOTS} == dict.fromkeys(SLOTS, 0) | dict.fromkeys(
        FILLED, 225
    )
    assert lake.table("clips").count_rows("keep IS NOT TRUE AND body_keypoints IS NOT NULL") == 0


def test_per_frame_columns_have_the_frames_asked_for(lake):
    rows = lake.table("clips").to_table(columns=["body_keypoints", "hands_mano"], filter="keep", limit=5)
    assert {len(clip) for name in rows.column_names for clip in rows[name].to_pylist()} == {3}


@pytest.mark.parametrize("slot", FILLED)
def test_nothing_is_stale_until_an_annotator_is_newer(lake, slot):
    assert list(stale_clips(lake.table("clips"), wanted(slot))) == []
    assert len(list(stale_clips(lake.table("clips"), wanted(slot, version="2")))) == 225


def test_a_snapshot_finds_every_split_right_and_no_two_videos_alike(lake):
    with committing(lake) as check:
        moves = resolve_splits(lake, check=check)
    assert (moves.clips, moves.largest_group) == (0, 2)  # two videos a speaker


def test_the_same_clip_has_the_same_row_in_any_lake():
    first = clip_rows(range(20, 24), slot_values("body", 4, frames=2))
    again = clip_rows(range(20, 24), slot_values("body", 4, frames=2))
    assert first.equals(again)
    assert first.schema.equals(CLIPS)
