"""A second look for hands that were missed: in an enlarged crop around the wrist that the body's pose shows.

Hands fails in the whole picture where a hand is small, blurred, cut by the picture's edge, or where two false
hands hold its places. In the crop the hand fills a third of the picture, and palms are searched anew.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Self

import cv2
import numpy as np

from annotators.hands.arms import Arms
from annotators.hands.backend import Detection
from annotators.hands.detect import detections_of, load_hands

# On 161 missed hands of real talkers, accepted after looks at 1.6, 2.0 and 2.6 forearms: 77, 82, 63.
_SIDE_FOREARMS = 1.8
_BEYOND_WRIST = 0.35  # of the forearm as it is seen: a hand's middle lies 0.09 m beyond the wrist
_CROP_PX = 256
_MAX_WRIST_GAP = 0.45  # forearms from the body's wrist
_MIN_INSIDE = 0.6  # share of the landmarks inside the picture; of a hand cut in half the rest is made up
_SHORT_GAP_FRAMES = 5  # the longest that is bridged: there every frame counts
_STRIDE = 3  # of the looks in longer gaps, where most hands are hidden; about a find every frame is looked at


class WristLooks:
    """Looks for hands around wrists; one instance serves many clips. About 25 CPU-ms a look."""

    def __init__(self, *, min_detection: float = 0.4, min_visibility: float = 0.5):
        self._hands = load_hands(
            static_image_mode=True, max_num_hands=2, min_detection_confidence=min_detection
        )
        self._min_visibility = min_visibility

    def find(self, frames: np.ndarray, arms: Arms, missing: np.ndarray) -> list[tuple[int, int, Detection]]:
        """(frame, side, hand), side 0 left and 1 right, of hands near a wrist whose own hand is missing.

        frames: (T, H, W, 3) uint8 RGB; missing: (T, 2) bool, left then right. Hands of one frame and side
        come nearest to the wrist first. Whose they are is not decided here: the other hand may lie there too.
        """
        found = []
        for side in range(2):
            worth = missing[:, side] & self._worth(frames.shape, arms, side)
            for start, end in _runs(worth):
                hands = search_gap(start, end, partial(self._look, frames, arms, side))
                found += [(frame, side, hand) for frame in sorted(hands) for hand in hands[frame]]
        return found

    def close(self) -> None:
        self._hands.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _worth(self, shape: tuple[int, ...], arms: Arms, side: int) -> np.ndarray:
        """(T,) bool: the wrist is visible and in the picture."""
        wrists = arms.wrists_px[:, side]
        inside = ((wrists >= 0) & (wrists < [shape[2], shape[1]])).all(axis=-1)
        return inside & (arms.visible[:, side] >= self._min_visibility)

    def _look(self, frames: np.ndarray, arms: Arms, side: int, frame: int) -> list[Detection]:
        """The hands near the wrist, in fractions of the picture, nearest first."""
        picture = frames[frame]
        wrist, elbow = arms.wrists_px[frame, side], arms.elbows_px[frame, side]
        side_px = _SIDE_FOREARMS * arms.forearm_px
        corner = wrist + _BEYOND_WRIST * (wrist - elbow) - side_px / 2
        size = np.array([picture.shape[1], picture.shape[0]])
        hands = [
            _in_picture(hand, corner, side_px, size)
            for hand in detections_of(self._hands.process(enlarged(picture, corner, side_px)))
        ]
        gaps = [float(np.linalg.norm(hand.image[0] * size - wrist)) / arms.forearm_px for hand in hands]
        near = [index for index in np.argsort(gaps) if gaps[index] <= _MAX_WRIST_GAP]
        return [hands[index] for index in near if _inside(hands[index]) >= _MIN_INSIDE]


def search_gap(start: int, end: int, look: Callable[[int], list[Detection]]) -> dict[int, list[Detection]]:
    """What `look` finds in the frames of a gap, half-open, by frame.

    A short gap is looked at frame by frame, a long one sparsely and then densely around what was found.
    """
    stride = 1 if end - start <= _SHORT_GAP_FRAMES else _STRIDE
    found = {frame: look(frame) for frame in range(start, end, stride)}
    near = {
        beside
        for frame, hands in found.items()
        if hands
        for beside in range(max(frame - stride + 1, start), min(frame + stride, end))
    }
    return found | {frame: look(frame) for frame in sorted(near - set(found))}


def enlarged(picture: np.ndarray, corner: np.ndarray, side_px: float, size_px: int = _CROP_PX) -> np.ndarray:
    """(size_px, size_px, 3) the square of the picture that starts at `corner` (x, y); black outside of it."""
    step = side_px / size_px
    shift = np.asarray(corner, float) + step / 2 - 0.5  # from pixel middles to pixel middles
    matrix = np.array([[step, 0, shift[0]], [0, step, shift[1]]])
    return cv2.warpAffine(picture, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def _in_picture(hand: Detection, corner: np.ndarray, side_px: float, size: np.ndarray) -> Detection:
    """The crop's hand in fractions of the whole picture."""
    image = (hand.image * side_px + corner) / size
    depth = hand.depth * (side_px / size[0])
    return Detection(image.astype(np.float32), depth.astype(np.float32), hand.world, hand.score, hand.label)


def _inside(hand: Detection) -> float:
    """Share of the landmarks inside the picture."""
    return float(((hand.image >= 0) & (hand.image < 1)).all(axis=-1).mean())


def _runs(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """(start, end) of each run of True, half-open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(end)
