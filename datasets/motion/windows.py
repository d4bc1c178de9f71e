"""Variance and speed of the hands in any window of a clip, at once, from sums over its frames.

The column `motion_sums` holds, for each frame, sums over all frames up to it and with it. What a window holds is
then the difference of two rows, however long the window.
"""

from typing import Final

import numpy as np

from datasets.frame import CLIP_RATE_HZ

# Of each hand, left before right: counted frames; sums of x, y, z in metres and of the squared distance in m^2,
# all from the hand's mean place in the clip; counted pairs of neighbouring frames; the way between them in metres.
HAND_SUMS: Final = ("count", "x", "y", "z", "square", "pairs", "way")
SUMS_WIDTH: Final = 2 * len(HAND_SUMS)

_COUNT, _PLACE, _SQUARE, _PAIRS, _WAY = 0, slice(1, 4), 4, 5, 6


def motion_sums(places: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """(T, 14) float64: `HAND_SUMS` of the left and of the right hand, inclusive prefix sums over frames.

    places: (T, 2, 3) metres; counted: (T, 2) bool, the frames that count, in which places must be finite.
    Places are taken from the hand's mean in the clip first, so that no digits are lost to where it is. A pair
    belongs to the later of its two frames, which both count.
    """
    count = counted[..., None]
    known = np.where(count, places, 0.0)
    mean = known.sum(axis=0) / np.maximum(count.sum(axis=0), 1)
    centred = np.where(count, places - mean, 0.0)
    pairs = np.zeros((*counted.shape, 1))
    pairs[1:] = count[1:] & count[:-1]
    way = np.zeros_like(pairs)
    way[1:] = np.linalg.norm(np.diff(centred, axis=0), axis=-1, keepdims=True) * pairs[1:]
    square = np.sum(centred**2, axis=-1, keepdims=True)
    each = np.concatenate([count, centred, square, pairs, way], axis=-1)
    return each.cumsum(axis=0).reshape(len(places), SUMS_WIDTH)


def window_variance(
    sums: np.ndarray, start_frame: np.ndarray | int, end_frame: np.ndarray | int
) -> np.ndarray:
    """(..., 2) m^2, left and right: trace of the covariance (divided by the number of frames) of the hand's place.

    sums: (T, 14) of one clip; start_frame, end_frame: half-open windows, numbers or arrays of one shape (...).
    NaN where fewer than two frames of the window count. Raises ValueError for a window that is empty or
    leaves the clip.
    """
    inside = _inside(sums, start_frame, end_frame)
    count = inside[..., _COUNT]
    safe = np.maximum(count, 1)
    mean = inside[..., _PLACE] / safe[..., None]
    variance = inside[..., _SQUARE] / safe - np.sum(mean**2, axis=-1)
    return np.where(count >= 2, np.maximum(variance, 0.0), np.nan)


def window_speed(
    sums: np.ndarray,
    start_frame: np.ndarray | int,
    end_frame: np.ndarray | int,
    rate_hz: float = CLIP_RATE_HZ,
) -> np.ndarray:
    """(..., 2) m/s, left and right: mean over the pairs of neighbouring frames that both count.

    NaN in a window without such a pair; windows and errors as in `window_variance`.
    """
    inside = _inside(sums, start_frame, end_frame)
    pairs, way = inside[..., _PAIRS], inside[..., _WAY]
    return np.where(pairs >= 1, np.maximum(way, 0.0) * rate_hz / np.maximum(pairs, 1), np.nan)


def window_count(sums: np.ndarray, start_frame: np.ndarray | int, end_frame: np.ndarray | int) -> np.ndarray:
    """(..., 2) frames of the window that count, left and right; windows and errors as in `window_variance`."""
    return _inside(sums, start_frame, end_frame)[..., _COUNT].astype(int)


def windows_of(n_frames: int, length_frames: int, stride_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of a clip's windows, every `stride_frames`, the last one flush with the clip's end.

    A clip no longer than the window is one window: a shorter sequence is padded, and its padding masked.
    """
    if n_frames <= 0:
        return np.empty(0, int), np.empty(0, int)
    if n_frames <= length_frames:
        return np.array([0]), np.array([n_frames])
    starts = np.arange(0, n_frames - length_frames, stride_frames)
    starts = np.append(starts, n_frames - length_frames)
    return starts, starts + length_frames


def _inside(sums: np.ndarray, start_frame: np.ndarray | int, end_frame: np.ndarray | int) -> np.ndarray:
    """(..., 2, 7) `HAND_SUMS` of the windows alone; the pair that leads into a window is outside it."""
    start, end = np.broadcast_arrays(start_frame, end_frame)
    _check(sums, start, end)
    upto = np.asarray(sums, float).reshape(-1, 2, len(HAND_SUMS))
    first, last = upto[start], upto[end - 1]
    before = np.where((start > 0)[..., None, None], upto[np.maximum(start - 1, 0)], 0.0)
    return np.concatenate([(last - before)[..., :_PAIRS], (last - first)[..., _PAIRS:]], axis=-1)


def _check(sums: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    wrong = (start < 0) | (end > len(sums)) | (start >= end)
    if wrong.any():
        index = np.unravel_index(np.argmax(wrong), wrong.shape)
        raise ValueError(f"window {start[index]}..{end[index]} does not lie in a clip of {len(sums)} frames")
