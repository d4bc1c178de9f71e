"""How good a confidence is: does it rank, does it mean what it says, and what does it leave to learn from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

_BINS = 10


def auroc(confidence: np.ndarray, right: np.ndarray) -> float:
    """Probability that a right hand has the higher confidence than a wrong one; ties count half; NaN if
    all are right or all wrong."""
    n_right = int(right.sum())
    n_wrong = len(right) - n_right
    if not n_right or not n_wrong:
        return float("nan")
    ranks = rankdata(confidence)
    return float((ranks[right].sum() - n_right * (n_right + 1) / 2) / (n_right * n_wrong))


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Mean over ten equal bins of |mean confidence - share right|, weighted by the bins' frames (Naeini 2015)."""
    return float(sum(abs(b.confidence - b.right) * b.share for b in reliability(confidence, right)))


def brier(confidence: np.ndarray, right: np.ndarray) -> float:
    """Mean squared difference from the outcome (Brier 1950)."""
    return float(np.mean((confidence - right) ** 2))


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability diagram."""

    confidence: float  # mean
    right: float  # share
    share: float  # of all frames


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = _BINS) -> list[Bin]:
    """The bins that hold any frames, of equal width over [0, 1]."""
    number = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [number == index for index in range(bins)]
    return [
        Bin(float(confidence[m].mean()), float(right[m].mean()), float(m.mean())) for m in members if m.any()
    ]


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) coverage, rising, and (N,) the share of wrong hands among that many of the surest."""
    order = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(order) + 1)
    return kept / len(order), np.cumsum(~right[order]) / kept


def bootstrap_interval(
    measure: Callable[[np.ndarray, np.ndarray], float],
    confidence: np.ndarray,
    right: np.ndarray,
    clip: np.ndarray,
    *,
    rounds: int = 300,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % interval of a measure when whole clips are drawn anew; `clip` (N,) says which each frame is of."""
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(clip == name) for name in np.unique(clip)]
    values = []
    for _ in range(rounds):
        drawn = random.integers(len(members), size=len(members))
        frames = np.concatenate([members[index] for index in drawn])
        values.append(measure(confidence[frames], right[frames]))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
