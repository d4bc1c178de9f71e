"""Long sound in windows, joined where nobody sees it.

A state near the end of a window lacks what comes after it. So windows overlap, the outermost frames at a joint are
left out, and between them one window's values go over into the next's. All windows are of one length, for a model
does differently on much shorter sound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WindowParams:
    """What the features of long clips depend on besides the model, in frames of 25 Hz."""

    length_frames: int = 375  # 15 s, near the longest that wav2vec 2.0 base was trained on (15.6 s)
    unused_frames: int = 38  # at a joint: 1.5 s, beyond the 1.28 s that the positional convolution sees
    blended_frames: int = 50  # 2 s

    @property
    def overlap_frames(self) -> int:
        """The least of two neighbours."""
        return 2 * self.unused_frames + self.blended_frames


def window_starts(frames: int, params: WindowParams) -> list[int]:
    """First frame of each window, evenly spread; one window where the clip is no longer than that."""
    spare = frames - params.length_frames
    if spare <= 0:
        return [0]
    steps = -(-spare // (params.length_frames - params.overlap_frames))
    return [round(spare * step / steps) for step in range(steps + 1)]


def joined(values_of: Callable[[int, int], np.ndarray], frames: int, params: WindowParams) -> np.ndarray:
    """(T, ...) float32: `values_of(start, end)` of all frames at once, or of overlapping windows, blended."""
    if frames <= params.length_frames:
        return values_of(0, frames)
    total, weights = None, np.zeros(frames, np.float32)
    for start in window_starts(frames, params):
        end = start + params.length_frames
        values, weight = values_of(start, end), _weight(start, end, frames, params)
        total = np.zeros((frames, *values.shape[1:]), np.float32) if total is None else total
        total[start:end] += _along_frames(weight, values) * values
        weights[start:end] += weight
    assert total is not None
    total /= _along_frames(weights, total)
    return total


def _weight(start: int, end: int, frames: int, params: WindowParams) -> np.ndarray:
    """(W,) 1 inside, 0 in what is left out at a joint, between them a slope; 1 up to an end of the clip."""
    place = np.arange(end - start) + 0.5
    far = float(end - start + params.overlap_frames)
    from_left = place if start > 0 else np.full(len(place), far)
    from_right = place[::-1] if end < frames else np.full(len(place), far)
    inward = np.minimum(from_left, from_right) - params.unused_frames
    return np.clip(inward / params.blended_frames, 0.0, 1.0).astype(np.float32)


def _along_frames(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return weights.reshape(-1, *[1] * (values.ndim - 1))
