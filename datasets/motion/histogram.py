"""Weighted quantiles of any number of values in fixed memory."""

from dataclasses import dataclass, field

import numpy as np

LOWEST = float(np.log(1e-12))  # a hand that wanders by 1 um; below it nothing moves
HIGHEST = float(np.log(1e4))
STEP = 1e-3  # a value is kept to 0.1 %
_BINS = int(np.ceil((HIGHEST - LOWEST) / STEP))


@dataclass(frozen=True, eq=False)
class LogHistogram:
    """Weights of positive values on an even grid of their natural logarithms; 300 kB.

    Weights are whole numbers, so that the order in which values come changes nothing. Values beyond the ends of
    the grid (1e-12 and 1e4) count as the ends.
    """

    weights: np.ndarray = field(default_factory=lambda: np.zeros(_BINS, np.int64))

    def with_values(self, values: np.ndarray, weights: np.ndarray) -> "LogHistogram":
        """The histogram with these added. values: (n,) not negative; weights: (n,) whole numbers."""
        bins = np.floor((log_of(values) - LOWEST) / STEP).astype(int)
        new = np.bincount(np.clip(bins, 0, _BINS - 1), weights=weights, minlength=_BINS)
        return LogHistogram(self.weights + new.astype(np.int64))

    @property
    def total(self) -> int:
        return int(self.weights.sum())

    def quantiles(self, shares: np.ndarray) -> np.ndarray:
        """Natural logarithms below which these shares of the weight lie. Raises ValueError without any weight."""
        if not self.total:
            raise ValueError("an empty histogram has no quantiles")
        upto = self.weights.cumsum()
        wanted = np.asarray(shares) * self.total
        bins = np.minimum(np.searchsorted(upto, np.maximum(wanted, 0.5)), _BINS - 1)
        inside = (wanted - (upto[bins] - self.weights[bins])) / self.weights[bins]
        return LOWEST + STEP * (bins + np.clip(inside, 0, 1))


def log_of(values: np.ndarray) -> np.ndarray:
    """The natural logarithms, of nothing less than 1e-12; NaN stays NaN."""
    return np.log(np.maximum(np.asarray(values, float), np.exp(LOWEST)))
