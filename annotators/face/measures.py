"""Lips, eyelids and the face's place, from the landmarks of the mesh.

All distances are those of the mesh in space, so that a head that turns or nods keeps its measures. They are divided
by the face's height, taken from the spread of 36 points of forehead, brows, eyes and nose about their middle, which
no jaw moves: three times its root mean square is the height from the top of the mesh to the chin of a closed mouth
(2.97 to 3.12 times on rendered talkers). From frame to frame it varied by 0.6 to 0.7 %, that height itself by 0.9 to
1.1 %, the way between the eyes' corners by 1.3 to 1.7 %.
"""

from typing import Final

import numpy as np

# Landmarks by number, as MediaPipe's drawing of the canonical face shows them.
_RIGID: Final = (
    *(
        10,
        151,
        9,
        8,
        168,
        6,
        197,
        195,
        5,
        4,
        1,
        19,
        94,
        2,
    ),  # down the middle, from the forehead to under the nose
    *(33, 263, 133, 362, 130, 359),  # corners of the eyes
    *(70, 300, 67, 297, 109, 338, 103, 332, 54, 284, 21, 251, 162, 389, 127, 356),  # brows and forehead
)
_HEIGHT_A_SPREAD: Final = 3.0
_LIPS: Final = ((13, 14), (82, 87), (312, 317))  # inner edge, upper and lower, about the middle
_CORNERS: Final = (78, 308)  # of the inner lips
_LIDS: Final = {  # upper and lower lid; the person's own left and right
    "left": ((386, 374), (385, 380), (387, 373)),
    "right": ((159, 145), (158, 153), (160, 144)),
}
_EYE_CORNERS: Final = {"left": (362, 263), "right": (133, 33)}
_FACE_POINTS: Final = 468  # those after it are of the irises


def face_height_px(points: np.ndarray) -> np.ndarray:
    """(T,) of (T, 478, 3) landmarks in pixels."""
    rigid = points[:, _RIGID]
    spread = rigid - rigid.mean(axis=1, keepdims=True)
    return _HEIGHT_A_SPREAD * np.sqrt(np.square(spread).sum(axis=2).mean(axis=1))


def mouth(points: np.ndarray) -> np.ndarray:
    """(T, 2) gap and width of the inner lips in face heights; NaN where the landmarks are."""
    gap = np.mean([_apart(points, *pair) for pair in _LIPS], axis=0)
    return np.stack([gap, _apart(points, *_CORNERS)], axis=1) / face_height_px(points)[:, None]


def eyes(points: np.ndarray) -> np.ndarray:
    """(T, 2) gap of the lids over the eye's width, of the person's left eye and right; about 0.35 open, 0.1 shut."""
    return np.stack(
        [
            np.mean([_apart(points, *pair) for pair in _LIDS[side]], axis=0)
            / _apart(points, *_EYE_CORNERS[side])
            for side in ("left", "right")
        ],
        axis=1,
    )


def box(points: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """(T, 4) left, top, width and height of the face as fractions of the picture's width and height."""
    face = points[:, :_FACE_POINTS, :2] / np.array(size_px, float)
    low, high = face.min(axis=1), face.max(axis=1)
    return np.concatenate([low, high - low], axis=1)


def _apart(points: np.ndarray, one: int, other: int) -> np.ndarray:
    return np.linalg.norm(points[:, one] - points[:, other], axis=1)
