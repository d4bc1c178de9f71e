"""Per-frame Arrow columns hold what went in, one row a clip."""

import numpy as np
import pyarrow as pa
import pytest

from annotators.columns import per_frame_array, per_frame_column, slot_column
from datasets.schema import per_frame


def test_a_clip_becomes_one_row_of_its_frames():
    column = per_frame_array(np.array([[1.0, 2.0], [3.0, np.nan]]), per_frame(2))
    assert column.type == per_frame(2)
    first, second = column.to_pylist()[0]
    assert first == [1.0, 2.0]
    assert second[0] == 3.0
    assert np.isnan(second[1])  # a missing number stays NaN, not null


def test_clips_of_different_lengths_and_missing_clips_keep_their_order():
    column = per_frame_column([np.ones((1, 2)), None, np.full((2, 2), 5)], per_frame(2, pa.uint8()))
    assert column.to_pylist() == [[[1, 1]], None, [[5, 5], [5, 5]]]


def test_no_clips_make_an_empty_column_of_the_same_type():
    column = per_frame_column([], per_frame(3))
    assert len(column) == 0
    assert column.type == per_frame(3)


def test_a_wrong_width_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*\(frames, 2\)"):
        per_frame_array(np.zeros((2, 3)), per_frame(2))


def test_a_slots_column_is_per_frame_or_one_value_a_clip():
    frames = slot_column([np.ones((2, 3)), None], per_frame(3))
    assert frames.to_pylist() == [[[1, 1, 1], [1, 1, 1]], None]
    assert slot_column([np.arange(2.0), None], pa.list_(pa.float32(), 2)).to_pylist() == [[0, 1], None]
    assert slot_column(["neutral", None], pa.string()).to_pylist() == ["neutral", None]
