"""What every annotator owes its callers, whatever it measures."""

import json

import numpy as np
import pyarrow as pa
import pytest

from annotators.annotator import Annotator, Clip, Resources
from annotators.registry import annotator_classes
from datasets.schema import SLOTS

PER_FRAME_TYPES = {
    field.type
    for schema in SLOTS.values()
    for field in schema
    if pa.types.is_list(field.type) and pa.types.is_fixed_size_list(field.type.value_type)
}


@pytest.fixture(scope="module", params=annotator_classes(), ids=lambda make: make.__name__)
def annotator(request) -> Annotator:
    return request.param()


def clip(clip_id: str, frames: int) -> Clip:
    """A grey clip with the columns of earlier annotators: no body, a left wrist that moves by 1 m a frame."""
    wrist = np.full((frames, 6), np.nan, np.float32)
    wrist[:, :3] = np.arange(frames)[:, None]
    columns = {
        "body_keypoints": np.full((frames, 99), np.nan, np.float32),
        "body_world": np.full((frames, 99), np.nan, np.float32),
        "body_offset": np.full((frames, 7), np.nan, np.float32),
        "hands_wrist": wrist,
        "hands_valid": np.tile(np.array([1, 0], np.uint8), (frames, 1)),
    }
    return Clip(clip_id, np.full((frames, 704, 512, 3), 90, np.uint8), columns=columns)


def test_it_fills_exactly_the_columns_of_its_slot(annotator):
    assert annotator.schema == SLOTS[annotator.name]
    assert annotator.annotate([clip("a", 3)]).schema == annotator.schema


def test_an_empty_batch_gives_no_rows_and_the_same_schema(annotator):
    batch = annotator.annotate([])
    assert batch.num_rows == 0
    assert batch.schema == annotator.schema


def test_rows_come_in_the_order_of_the_clips(annotator):
    short, long = clip("short", 2), clip("long", 4)
    together = annotator.annotate([short, long])
    apart = [annotator.annotate([long]), annotator.annotate([short])]
    assert together.num_rows == 2
    assert str(together.slice(1, 1).to_pylist()) == str(apart[0].to_pylist())  # as text, where NaN equals NaN
    assert str(together.slice(0, 1).to_pylist()) == str(apart[1].to_pylist())


def test_per_frame_columns_have_a_value_for_every_frame(annotator):
    row = annotator.annotate([clip("a", 4)]).to_pylist()[0]
    for column in annotator.schema:
        if column.type in PER_FRAME_TYPES and row[column.name] is not None:
            assert len(row[column.name]) == 4, column.name


def test_a_clip_without_frames_is_a_row_not_an_error(annotator):
    assert annotator.annotate([clip("empty", 0)]).num_rows == 1


def test_its_provenance_can_be_written_as_json(annotator):
    assert json.loads(json.dumps(annotator.params)) is not None
    assert isinstance(annotator.version, str)
    assert annotator.version
    assert isinstance(annotator.resources, Resources)
    assert annotator.environment is None or isinstance(annotator.environment, str)
