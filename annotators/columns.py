"""Arrow columns from numpy arrays: one row a clip, without a loop over frames."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def per_frame_array(values: np.ndarray | None, column_type: pa.DataType) -> pa.Array:
    """One clip's value as an Arrow array of length 1; see `per_frame_column`."""
    return per_frame_column([values], column_type)


def slot_column(clips: Sequence[Any], column_type: pa.DataType) -> pa.Array:
    """A column of any slot, one row a clip: `per_frame_column` for that kind, else one plain value a clip."""
    per_frame = pa.types.is_list(column_type) and pa.types.is_fixed_size_list(column_type.value_type)
    return per_frame_column(clips, column_type) if per_frame else pa.array(clips, column_type)


def per_frame_column(clips: Sequence[np.ndarray | None], column_type: pa.DataType) -> pa.Array:
    """A `list<fixed_size_list<number, N>>` column with one row a clip.

    clips: one (T, N) array a clip, T free from clip to clip; None gives a null row.
    column_type: as made by `datasets.schema.per_frame`; the numbers are cast to its item type,
    and NaN stays NaN.
    Raises ValueError where an array is not (T, N).
    """
    width, item_type = column_type.value_type.list_size, column_type.value_type.value_type
    dtype = item_type.to_pandas_dtype()
    rows = [np.empty((0, width), dtype) if clip is None else _checked(clip, width, dtype) for clip in clips]
    flat = np.concatenate([row.reshape(-1) for row in rows]) if rows else np.empty(0, dtype)
    items = pa.FixedSizeListArray.from_arrays(pa.array(flat, type=item_type), type=column_type.value_type)
    offsets = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int32)
    missing = pa.array([clip is None for clip in clips], type=pa.bool_())
    return pa.ListArray.from_arrays(pa.array(offsets), items, type=column_type, mask=missing)


def _checked(clip: np.ndarray, width: int, dtype: type) -> np.ndarray:
    if clip.ndim != 2 or clip.shape[1] != width:
        raise ValueError(f"a clip's value has shape {clip.shape}; the column holds (frames, {width})")
    return clip.astype(dtype, copy=False)


def one_value(column: pa.Array) -> Any:
    """The value of a column of length 1: (T, N) numpy for per-frame lists, else plain Python; None for null."""
    scalar = column[0]
    if not scalar.is_valid:
        return None
    if pa.types.is_list(column.type) and pa.types.is_fixed_size_list(column.type.value_type):
        items = scalar.values
        return (
            items.flatten()
            .to_numpy(zero_copy_only=False)
            .reshape(len(items), column.type.value_type.list_size)
        )
    return scalar.as_py()
