"""The pictures SyncNet is given: the face of every frame, 224 x 224 pixels, blue first."""

from typing import Final

import cv2
import numpy as np
from scipy.ndimage import median_filter

FACE_PX: Final = 224
_SCALE = 0.4  # of the box's half: how much more is shown on the left and right, and twice as much below
_MEDIAN_FRAMES = 13
_GREY = 110  # beside the picture


def face_crops(frames: np.ndarray, boxes_px: np.ndarray) -> np.ndarray:
    """(T, 224, 224, 3) uint8 BGR of (T, H, W, 3) uint8 RGB frames.

    boxes_px: (T, 4) left, top, right, bottom of the face in pixels, steadied here by a running median; in frames with
    a NaN the box of the frames around them. The square goes from the box's top to 40 % of its height below it, as
    in `run_pipeline.py` of the original. Raises ValueError where no frame has a box.
    """
    boxes = _without_holes(np.asarray(boxes_px, float))
    half = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) / 2
    middle_x, middle_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    steady = [median_filter(each, _MEDIAN_FRAMES, mode="nearest") for each in (half, middle_x, middle_y)]
    crops = np.empty((len(frames), FACE_PX, FACE_PX, 3), np.uint8)
    for number, (frame, size, x, y) in enumerate(zip(frames, *steady, strict=True)):
        crops[number] = cv2.resize(_cut(frame, size, x, y), (FACE_PX, FACE_PX))[..., ::-1]
    return crops


def _cut(frame: np.ndarray, half: float, x: float, y: float) -> np.ndarray:
    """The square about one face, grey where it reaches beside the picture."""
    left, right = int(np.floor(x - half * (1 + _SCALE))), int(np.floor(x + half * (1 + _SCALE)))
    top, bottom = int(np.floor(y - half)), int(np.floor(y + half * (1 + 2 * _SCALE)))
    square = np.full((max(bottom - top, 1), max(right - left, 1), 3), _GREY, np.uint8)
    inner = frame[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    at_y, at_x = max(-top, 0), max(-left, 0)
    square[at_y : at_y + inner.shape[0], at_x : at_x + inner.shape[1]] = inner
    return square


def _without_holes(boxes: np.ndarray) -> np.ndarray:
    found = np.isfinite(boxes).all(axis=1)
    if not found.any():
        raise ValueError("no frame has a face's box")
    frames = np.arange(len(boxes))
    return np.stack([np.interp(frames, frames[found], column[found]) for column in boxes.T], axis=1)
