"""How sharp the pixels of a hand are, in [0, 1]."""

import cv2
import numpy as np

_SIDE_PX = 64  # every hand is judged at this size, so that large hands are not sharper for being large
_MARGIN = 0.15  # of the landmarks' box, since they lie inside the skin
_HALF = 150.0  # variance that counts 0.5: sharp studio hands read 250 to 1000, motion-blurred ones below 60


def clarity(frame: np.ndarray, image: np.ndarray) -> float:
    """Sharpness of one hand: v / (v + 150), v the Laplacian's variance on its box at 64 x 64 grey pixels.

    frame: (height, width, 3) uint8 RGB; image: (21, 2) landmarks as fractions of width and height.
    0 where less than two pixels of the box lie inside the picture. A hand smaller than 64 px is enlarged
    and so scores lower, as it should: it shows less.
    """
    box = _box_px(image, frame.shape[1], frame.shape[0])
    if box is None:
        return 0.0
    left, top, right, bottom = box
    grey = cv2.cvtColor(frame[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    variance = float(cv2.Laplacian(small, cv2.CV_32F).var())
    return variance / (variance + _HALF)


def _box_px(image: np.ndarray, width_px: int, height_px: int) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the landmarks' box with margin, cut to the picture; None if empty."""
    size = np.array([width_px, height_px])
    lowest, highest = image.min(axis=0) * size, image.max(axis=0) * size
    margin = _MARGIN * (highest - lowest).max()
    left, top = np.clip(np.floor(lowest - margin), 0, size).astype(int)
    right, bottom = np.clip(np.ceil(highest + margin), 0, size).astype(int)
    return (left, top, right, bottom) if min(right - left, bottom - top) >= 2 else None
