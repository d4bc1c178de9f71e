"""What the cutter keeps of a frame once its pixels are gone: a thumbnail and a few numbers."""

from dataclasses import dataclass

import cv2
import numpy as np

THUMB_SIZE_PX = (32, 24)  # width, height: enough to tell two rooms apart, too coarse for noise and lip motion


@dataclass(frozen=True)
class Look:
    """One frame as the cutter remembers it, about 2.5 kB."""

    thumb: np.ndarray  # (24, 32, 3) uint8
    brightness: float  # mean of all pixels and channels, 0 to 255
    contrast: float  # largest standard deviation of a channel, 0 on a blank frame
    score: float = 0.0  # PySceneDetect's content_val: mean HSV distance to the frame before


def look_at(bgr: np.ndarray) -> Look:
    """The look of an (h, w, 3) uint8 picture; its score is left at 0."""
    thumb = _thumb(bgr)
    mean, deviation = cv2.meanStdDev(thumb)
    return Look(thumb, float(mean.mean()), float(deviation.max()))


def _thumb(bgr: np.ndarray) -> np.ndarray:
    """The picture at THUMB_SIZE_PX, less a few pixels right and below where that makes the ratio whole."""
    (height, width), (thumb_width, thumb_height) = bgr.shape[:2], THUMB_SIZE_PX
    if height >= thumb_height and width >= thumb_width:  # whole ratios average 3 times faster
        bgr = bgr[: height // thumb_height * thumb_height, : width // thumb_width * thumb_width]
    return cv2.resize(bgr, THUMB_SIZE_PX, interpolation=cv2.INTER_AREA)


def distance(left: np.ndarray, right: np.ndarray) -> float:
    """Mean absolute difference of two uint8 pictures of one shape, 0 to 255."""
    return cv2.norm(left, right, cv2.NORM_L1) / left.size


def likeness(left: np.ndarray, right: np.ndarray) -> float:
    """Correlation of two uint8 pictures, -1 to 1, whatever their brightness and contrast.

    0 where one of them is blank, 1 where both are.
    """
    # matchTemplate gives 1 wherever the second picture is blank, so it is asked both ways
    pairs = ((left, right), (right, left))
    return min(float(cv2.matchTemplate(*pair, cv2.TM_CCOEFF_NORMED)[0, 0]) for pair in pairs)
