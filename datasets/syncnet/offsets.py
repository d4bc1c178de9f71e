"""Which lag brings embeddings of lips and sound together, and how clearly."""

from dataclasses import dataclass
from typing import Final

import numpy as np

REACH_FRAMES: Final = 15
_EPSILON = 1e-6  # torch's pairwise_distance adds it to every difference


@dataclass(frozen=True)
class LipSync:
    """How lips and sound fit."""

    confidence: float  # LSE-C: median over the lags of the mean distance, minus the least; 0 or more
    distance: float  # LSE-D: the least
    lag_frames: int  # of the sound behind the lips


def lag_distances(lips: np.ndarray, sound: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
    """(31,) mean Euclidean distance of lips at t and sound at t + lag, lags -15 to 15 frames.

    lips, sound: (N, D) embeddings, N >= 1. counted: (N,) bool, which lips count; all unless told. Beyond the ends the
    sound counts as zeros, as in the original, which other people's figures depend on.
    """
    count = np.ones(len(lips), bool) if counted is None else counted
    padded = np.pad(sound.astype(np.float64), ((REACH_FRAMES, REACH_FRAMES), (0, 0)))
    shifted = (padded[start : start + len(lips)] for start in range(2 * REACH_FRAMES + 1))
    gaps = (np.linalg.norm(lips - each + _EPSILON, axis=1) for each in shifted)
    return np.array([gap[count].mean() for gap in gaps])


def lip_sync(distances: np.ndarray) -> LipSync:
    """What (31,) distances by lag say."""
    best = int(distances.argmin())
    least = float(distances[best])
    return LipSync(float(np.median(distances)) - least, least, best - REACH_FRAMES)
