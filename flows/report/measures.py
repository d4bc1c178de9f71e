"""The distributions of a lake's clips as numpy, read column by column."""

from collections.abc import Sequence
from dataclasses import dataclass

import lance
import numpy as np
import pyarrow as pa

from datasets.hand.layout import INTERPOLATED, MEASURED, NONE


@dataclass(frozen=True)
class HandSummary:
    """What a clip's confidence and mask amount to; pairs are left, then right."""

    confidence: tuple[float | None, float | None]  # mean over measured frames; None without one
    measured: tuple[float, float]  # share of the clip's frames
    interpolated: tuple[float, float]
    # Share of the hands found that are probably wrong or not shown as measured: one minus the mean of the
    # confidence over all hands and frames with a hand, taken as 0 unless measured. 1 for a clip without hands.
    doubt: float


def hand_summary(confidence: np.ndarray | None, valid: np.ndarray | None) -> HandSummary | None:
    """Of one clip's (T, 2) columns; None where one is null or empty."""
    if confidence is None or valid is None or not len(valid):
        return None
    sure = np.nan_to_num(np.asarray(confidence, float))
    measured, found = valid == MEASURED, (valid > NONE) | (sure > 0)
    trusted = np.where(measured, sure, 0.0)
    counts = measured.sum(axis=0)
    means = [float(trusted[:, i].sum() / counts[i]) if counts[i] else None for i in (0, 1)]
    shares, guessed = measured.mean(axis=0), (valid == INTERPOLATED).mean(axis=0)
    return HandSummary(
        confidence=(means[0], means[1]),
        measured=(float(shares[0]), float(shares[1])),
        interpolated=(float(guessed[0]), float(guessed[1])),
        doubt=1 - float(trusted.sum() / found.sum()) if found.any() else 1.0,
    )


def hand_summaries(table: lance.LanceDataset, where: str | None = None) -> list[HandSummary | None]:
    """One a row of the clips table, or of those for which the SQL holds, in its order; read batch by batch."""
    summaries: list[HandSummary | None] = []
    for batch in table.to_batches(columns=["hands_confidence", "hands_valid"], filter=where):
        columns = (_arrays(batch.column(name)) for name in ("hands_confidence", "hands_valid"))
        summaries += [hand_summary(*pair) for pair in zip(*columns, strict=True)]
    return summaries


@dataclass(frozen=True)
class Distributions:
    """One value a clip, NaN where there is none; hands are (N, 2), left then right."""

    state: np.ndarray  # (N,) "kept", "filtered" or "quarantined"
    length_s: np.ndarray
    face_height_px: np.ndarray
    hand_visibility: np.ndarray
    speaker_score: np.ndarray
    confidence: np.ndarray  # (N, 2) mean over measured frames
    measured: np.ndarray  # (N, 2) share of frames
    speed: np.ndarray  # (N, 2) m/s
    variance: np.ndarray  # (N, 2) m^2


def distributions(small: pa.Table, states: np.ndarray, hands: Sequence[HandSummary | None]) -> Distributions:
    """The distributions of the clips table.

    small: the scalar and motion columns of every row, without speaker_score where nobody asks for it; states (N,) and
    hands: of the same rows.
    """
    unknown = (np.nan, np.nan)
    confidence = [one.confidence if one else unknown for one in hands]
    measured = [one.measured if one else unknown for one in hands]
    return Distributions(
        state=states,
        length_s=numbers(small["end_s"]) - numbers(small["start_s"]),
        face_height_px=numbers(small["face_height_px"]),
        hand_visibility=numbers(small["hand_visibility"]),
        speaker_score=(
            numbers(small["speaker_score"])
            if "speaker_score" in small.column_names
            else np.full(len(small), np.nan)
        ),
        confidence=np.array(confidence, dtype=float).reshape(-1, 2),
        measured=np.array(measured, dtype=float).reshape(-1, 2),
        speed=_sides(small["motion_speed"]),
        variance=_sides(small["motion_variance"]),
    )


def _arrays(column: pa.Array) -> list[np.ndarray | None]:
    """(T, 2) of each row of a list<fixed_size_list<2>> column; None for null."""
    flat = column.flatten().flatten().to_numpy(zero_copy_only=False).reshape(-1, 2)
    lengths = np.nan_to_num(column.value_lengths().to_numpy(zero_copy_only=False)).astype(int)
    parts = np.split(flat, np.cumsum(lengths)[:-1]) if len(lengths) else []
    return [part if valid else None for part, valid in zip(parts, column.is_valid().to_pylist(), strict=True)]


def _sides(column: pa.ChunkedArray) -> np.ndarray:
    """(N, 2) of a nullable list<float32, 2> column, NaN for what is null."""
    rows = [value or (None, None) for value in column.to_pylist()]
    return np.array(rows, dtype=float).reshape(-1, 2)


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """(N,) float64 of a numeric column, NaN for null."""
    return column.cast(pa.float64()).fill_null(float("nan")).to_numpy()
