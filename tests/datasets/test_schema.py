import pyarrow as pa
import pytest

from datasets.reasons import FILTER_REASONS, QUARANTINE_REASONS, Reason
from datasets.schema import CLIPS, SLOTS, TABLES, per_frame


@pytest.mark.parametrize(
    ("table", "key"),
    [("videos", "video_id"), ("clips", "clip_id"), ("clip_media", "clip_id"), ("runs", "run_id")],
)
def test_each_table_has_one_key_that_is_never_null(table, key):
    marked = [
        field
        for field in TABLES[table]
        if (field.metadata or {}).get(b"lance-schema:unenforced-primary-key") == b"true"
    ]
    assert [field.name for field in marked] == [key]
    assert not marked[0].nullable


def test_every_slot_has_its_columns_provenance_and_revision_in_clips():
    for slot, columns in SLOTS.items():
        for column in columns:
            assert column.name.startswith(f"{slot}_")
            assert CLIPS.field(column.name).type == column.type
        assert CLIPS.field(f"{slot}_src").type.names == ["name", "version", "params_hash", "run_id", "at"]
        assert CLIPS.field(f"{slot}_rev").type == pa.int32()


def test_every_annotation_column_may_be_null_until_it_is_filled():
    assert [field.name for field in CLIPS if not field.nullable] == ["clip_id"]


@pytest.mark.parametrize(
    ("column", "width"),
    [
        ("body_keypoints", 99),
        ("body_offset", 7),
        ("body_place", 5),
        ("hands_mano", 134),
        ("hands_axis_angle", 96),
        ("hands_wrist", 6),
        ("hands_keypoints", 84),
        ("hands_world", 126),
        ("hands_confidence", 2),
    ],
)
def test_a_frame_has_this_many_half_floats(column, width):
    assert CLIPS.field(column).type == pa.list_(pa.list_(pa.float16(), width)) == per_frame(width)


def test_motion_sums_keep_the_digits_of_what_they_add_up():
    assert CLIPS.field("motion_sums").type == pa.list_(pa.list_(pa.float64(), 14))


def test_every_reason_either_quarantines_or_filters():
    assert set(Reason) == QUARANTINE_REASONS | FILTER_REASONS
    assert not QUARANTINE_REASONS & FILTER_REASONS
    assert {"missing", "timeout", "crashed"} <= QUARANTINE_REASONS
    assert {"too_short", "no_person", "hands_hidden"} <= FILTER_REASONS
