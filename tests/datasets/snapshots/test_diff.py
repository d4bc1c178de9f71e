"""What two snapshots say of the clips between them."""

import json

import pytest

from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.diff import SlotChange, diff_snapshots
from tests.datasets.lakes import clip, new_lake, put_clips, reannotate, recording

# By itself, video "a" stands in train, "10" in val and "120" in test: tests/datasets/splits/test_split.py


@pytest.fixture
def lake(tmp_path):
    lake = new_lake(tmp_path)
    put_clips(
        lake,
        clip("a1", "a"),
        clip("a2", "a"),
        clip("t1", "120", split="test", fingerprint_frames=recording(1)),
    )
    return lake


def test_a_snapshot_and_itself_differ_in_nothing(lake):
    made = create_snapshot(lake, "all", Choice())
    found = diff_snapshots(made, made)
    assert (found.added, found.removed, found.common, found.films, found.split_moves) == ((), (), 3, 0, {})
    assert set(found.slots.values()) == {SlotChange(0, 0)}
    assert found.as_dict()["same_content"]


def test_clips_labels_and_splits_that_changed_are_counted(lake):
    first = create_snapshot(lake, "first", Choice(where="clip_id <> 'a2'"))
    put_clips(lake, clip("v1", "10", split="val", fingerprint_frames=recording(1)))
    reannotate(lake, "a1", place=-1.0)
    second = create_snapshot(lake, "second", Choice(where="clip_id <> 'gone'"))
    found = diff_snapshots(first, second)
    assert (found.added, found.removed, found.common) == (("a2", "v1"), (), 2)
    assert found.slots["body"] == SlotChange(written=1, changed=1)
    assert found.slots["fingerprint"] == SlotChange(0, 0)
    assert found.split_moves == {("test", "val"): 1}
    back = diff_snapshots(second, first)
    assert (back.added, back.removed) == ((), ("a2", "v1"))


def test_a_diff_is_plain_json(lake):
    first = create_snapshot(lake, "first", Choice())
    put_clips(lake, clip("b1", "b"))
    found = json.loads(json.dumps(diff_snapshots(first, create_snapshot(lake, "second", Choice())).as_dict()))
    assert found["clips"] == {"added": 1, "removed": 0, "common": 3}
    assert found["added"] == ["b1"]
    assert found["versions"]["clips"] == [2, 3]
    assert not found["same_content"]
