"""Clips made for the tests of the still: one textured picture, and the columns of earlier annotators."""

import cv2
import numpy as np

HEIGHT_PX, WIDTH_PX = 176, 128
FACE_BOX = np.array([0.3, 0.1, 0.4, 0.25])  # x, y, width, height
LEFT_HAND, RIGHT_HAND = np.array([0.65, 0.7]), np.array([0.15, 0.7])  # top left corners of boxes
_HAND_SIZE = np.array([0.2, 0.15])


def pictures(frames: int, *, sharp: list[int] | None = None, seed: int = 0) -> np.ndarray:
    """(T, H, W, 3) the same texture in all frames, blurred in those that are not `sharp` (None: in none)."""
    random = np.random.default_rng(seed)
    texture = random.integers(0, 255, (HEIGHT_PX // 2, WIDTH_PX // 2, 3), np.uint8)
    clear = cv2.resize(texture, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_NEAREST)
    blurred = cv2.GaussianBlur(clear, (0, 0), 3.0)
    return np.array([clear if sharp is None or frame in sharp else blurred for frame in range(frames)])


def face_columns(frames: int, *, shut: list[int] = (), unseen: list[int] = ()) -> dict[str, np.ndarray]:
    """A face in every frame but the `unseen`, its lids 0.3 of the eye's width apart, 0.05 where `shut`."""
    eyes, box = np.full((frames, 2), 0.3, np.float16), np.tile(FACE_BOX, (frames, 1)).astype(np.float16)
    eyes[list(shut)] = 0.05
    eyes[list(unseen)] = box[list(unseen)] = np.nan
    return {"face_eyes": eyes, "face_box": box}


def hand_columns(frames: int, *, left: list[int], right: list[int]) -> dict[str, np.ndarray]:
    """Each hand measured in these frames alone, with a confidence of 1."""
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 7), np.linspace(0, 1, 3)), axis=-1).reshape(21, 2)
    points = np.full((frames, 2, 21, 2), np.nan, np.float16)
    valid = np.zeros((frames, 2), np.uint8)
    for side, (corner, seen) in enumerate([(LEFT_HAND, left), (RIGHT_HAND, right)]):
        points[seen, side] = corner + grid * _HAND_SIZE
        valid[seen, side] = 1
    confidence = valid.astype(np.float16)
    return {
        "hands_keypoints": points.reshape(frames, 84),
        "hands_valid": valid,
        "hands_confidence": confidence,
    }
