"""Buckets of how much hands move, and the vector that tells a model where a value lies among them.

The paper (section 3.3) filters hand motion "into different speed buckets, similar to EMO, where each bucket has a
center and a radius, and a specific speed value is encoded based on its distance to each bucket", and finds the
variance of the translation a better handle than speed. Neither count, centres nor radii are given. Here buckets
hold equal shares of the training data, on the logarithm, since variances range over decades.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from datasets.errors import UserError
from datasets.frame import MAX_CLIP_FRAMES
from datasets.motion.histogram import STEP, LogHistogram, log_of

BUCKETS: Final = 8
WINDOW_FRAMES: Final = MAX_CLIP_FRAMES  # stage 1 trains on sequences padded to 300 frames (section 4.1)
MIN_WINDOWS_A_BUCKET: Final = 10
_OUTER_SHARE = 0.01  # the outermost edges leave out this share, so that one wild window does not set a radius
_STEEPNESS = 3.0  # a value at a bucket's edge is tanh(3) = 0.995 away from its centre


class BucketsError(UserError):
    """The lake's motion cannot be put into buckets; the sentence says why and what to do."""


class Buckets(BaseModel):
    """Neighbouring buckets of one measure, on the natural logarithm of its SI unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[float, ...]  # one more than there are buckets, rising
    centres: tuple[float, ...]  # the middle of each bucket
    radii: tuple[float, ...]  # half its width

    @model_validator(mode="after")
    def _rising(self) -> "Buckets":
        fits = len(self.centres) == len(self.radii) == len(self.edges) - 1 > 0
        if not fits or any(radius <= 0 for radius in self.radii):
            raise ValueError("buckets need a centre and a radius above 0 between every two edges")
        return self

    @classmethod
    def between(cls, edges: Sequence[float]) -> "Buckets":
        """Buckets that share these edges."""
        low, high = np.array(edges[:-1]), np.array(edges[1:])
        centres, radii = (low + high) / 2, (high - low) / 2
        return cls(edges=tuple(edges), centres=tuple(centres.tolist()), radii=tuple(radii.tolist()))

    def encode(self, values: np.ndarray | float) -> np.ndarray:
        """(..., buckets) tanh(3 (log v - centre) / radius), in [-1, 1], of values (...) in m^2 or m/s.

        All zeros for NaN: a hand that was hardly seen asks for nothing, and no value has this vector.
        """
        distance = (log_of(np.asarray(values))[..., None] - np.array(self.centres)) / np.array(self.radii)
        return np.nan_to_num(np.tanh(_STEEPNESS * distance), nan=0.0)

    def bucket_of(self, values: np.ndarray | float) -> np.ndarray:
        """(...) index of the bucket a value lies in, the outer ones open; -1 for NaN."""
        logs = log_of(np.asarray(values))
        index = np.searchsorted(np.array(self.edges[1:-1]), logs, side="right")
        return np.where(np.isnan(logs), -1, index)


def quantile_buckets(histogram: LogHistogram, count: int, measure: str) -> Buckets:
    """Buckets of equal shares of the histogram's weight; the outermost leave 1 % beyond either end.

    measure: what the values are, for the error. Raises BucketsError where there are no values, or
    too much alike ones.
    """
    if not histogram.total:
        raise BucketsError(f"no window has a {measure}: take clips in which hands are seen frame after frame")
    shares = np.linspace(0, 1, count + 1)
    shares[0], shares[-1] = _OUTER_SHARE, 1 - _OUTER_SHARE
    edges = histogram.quantiles(shares)
    if (np.diff(edges) <= STEP).any():
        same = float(np.exp(edges[np.argmin(np.diff(edges))]))
        raise BucketsError(
            f"the windows' {measure} cannot fill {count} different buckets, since too many are {same:.3g}"
            " (hardly anything moves): take fewer buckets with --count, or clips in which hands move"
        )
    return Buckets.between(edges.tolist())
