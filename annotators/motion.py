"""The motion slot: how fast and how far each wrist moves over a clip; motion buckets are made of these."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Resources
from datasets.frame import CLIP_RATE_HZ
from datasets.schema import SLOTS

MEASURED = 1  # in hands_valid: 0 none, 1 measured, 2 interpolated


def wrist_speed(wrist: np.ndarray, measured: np.ndarray, rate_hz: float = CLIP_RATE_HZ) -> float | None:
    """Mean speed in m/s over pairs of consecutive measured frames; None without such a pair.

    wrist: (T, 3) metres; measured: (T,) bool.
    """
    pairs = measured[1:] & measured[:-1]
    if not pairs.any():
        return None
    steps_m = np.linalg.norm(np.diff(wrist, axis=0)[pairs], axis=-1)
    return float(steps_m.mean() * rate_hz)


def wrist_variance(wrist: np.ndarray, measured: np.ndarray) -> float | None:
    """Trace of the covariance (divided by the number of frames) in m^2 of the measured positions.

    None with fewer than two measured frames. wrist: (T, 3) metres; measured: (T,) bool.
    """
    if measured.sum() < 2:
        return None
    return float(wrist[measured].var(axis=0).sum())


class MotionAnnotator:
    """Fills `motion_speed` and `motion_variance` from the columns `hands_wrist` and `hands_valid`.

    Only measured frames count: interpolated ones would make a lost hand look calm. Items are null where a
    hand was measured in too few frames (see `wrist_speed`, `wrist_variance`); both items are null for a clip
    whose hand columns are null. Raises KeyError where a clip comes without hand columns.
    """

    name = "motion"
    version = "1"
    schema = SLOTS["motion"]
    resources = Resources(cpus=0.1)
    environment: str | None = None

    @property
    def params(self) -> dict[str, Any]:
        return {"rate_hz": CLIP_RATE_HZ}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order: left, right."""
        hands = [_measured_wrists(clip) for clip in clips]
        speed = [[wrist_speed(*hand) for hand in pair] for pair in hands]
        variance = [[wrist_variance(*hand) for hand in pair] for pair in hands]
        columns = [
            pa.array(values, type=field.type)
            for values, field in zip((speed, variance), self.schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _measured_wrists(clip: Clip) -> list[tuple[np.ndarray, np.ndarray]]:
    """Left, then right: (T, 3) float64 positions and (T,) whether each was measured."""
    for column in ("hands_wrist", "hands_valid"):
        if column not in clip.columns:
            raise KeyError(f"clip {clip.clip_id} has no {column}: run the hands annotator before motion")
    wrist, valid = clip.columns["hands_wrist"], clip.columns["hands_valid"]
    if wrist is None or valid is None:
        return [(np.empty((0, 3)), np.empty(0, bool))] * 2
    wrists = np.asarray(wrist, float).reshape(-1, 2, 3)
    measured = (np.asarray(valid).reshape(-1, 2) == MEASURED) & np.isfinite(wrists).all(axis=-1)
    return [(wrists[:, side], measured[:, side]) for side in (0, 1)]
