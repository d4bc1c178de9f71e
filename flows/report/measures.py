"""The distributions of a lake's clips as numpy, read column by column."""

from dataclasses import dataclass

import lance
import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Distributions:
    """One value a clip, NaN where there is none; hands are (N, 2), left then right."""

    state: np.ndarray  # (N,) "kept", "filtered" or "quarantined"
    length_s: np.ndarray
    face_height_px: np.ndarray
    hand_visibility: np.ndarray
    confidence: np.ndarray  # (N, 2) mean over the clip's frames, 0 where unseen
    speed: np.ndarray  # (N, 2) m/s
    variance: np.ndarray  # (N, 2) m^2


def distributions(table: lance.LanceDataset, small: pa.Table, states: np.ndarray) -> Distributions:
    """The distributions of the clips table.

    small: the scalar and motion columns of every row, in the table's order; states: (N,), of the same rows.
    """
    return Distributions(
        state=states,
        length_s=numbers(small["end_s"]) - numbers(small["start_s"]),
        face_height_px=numbers(small["face_height_px"]),
        hand_visibility=numbers(small["hand_visibility"]),
        confidence=_mean_confidence(table),
        speed=_sides(small["motion_speed"]),
        variance=_sides(small["motion_variance"]),
    )


def _mean_confidence(table: lance.LanceDataset) -> np.ndarray:
    """(N, 2) mean over each clip's frames, NaN where the column is null; read batch by batch."""
    batches = table.to_batches(columns=["hands_confidence"])
    means = [np.zeros((0, 2))]
    for batch in batches:
        values = batch.column(0)
        flat = values.flatten()
        lengths = np.nan_to_num(values.value_lengths().to_numpy(zero_copy_only=False)).astype(int)
        frames = flat.flatten().to_numpy(zero_copy_only=False).astype(float).reshape(-1, 2)
        means.append(_means(np.nan_to_num(frames), lengths))
    return np.concatenate(means)


def _means(frames: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Means of consecutive groups of rows, NaN for an empty group."""
    ends = np.cumsum(lengths)
    sums = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0)])
    with np.errstate(invalid="ignore"):
        return (sums[ends] - sums[ends - lengths]) / lengths[:, None]


def _sides(column: pa.ChunkedArray) -> np.ndarray:
    """(N, 2) of a nullable list<float32, 2> column, NaN for what is null."""
    rows = [value or (None, None) for value in column.to_pylist()]
    return np.array(rows, dtype=float).reshape(-1, 2)


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """(N,) float64 of a numeric column, NaN for null."""
    return column.cast(pa.float64()).fill_null(float("nan")).to_numpy()
