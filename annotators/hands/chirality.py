"""How well landmarks are explained by a left and by a right hand: the check that no label can fool.

Fingers bend towards the palm only, and the thumb lies on one side of it. Inverse kinematics that heeds what
joints can do therefore leaves more over when a left hand is posed as a right one. A flat hand seen from the
front tells nothing: there both fit alike. And where MediaPipe takes a front for a back, its depth is upside down
and the wrong side fits better: seldom on real hands, in about every fifth of rendered ones (`depth_reversed`).
"""

from collections.abc import Sequence

import numpy as np

from annotators.hands.anatomy import flat_landmarks
from annotators.hands.backend import HAND_LANDMARKS, Detection
from annotators.hands.ik import right_hand_rotations
from annotators.hands.landmarks import spatial_landmarks
from datasets.hand.camera import Camera
from datasets.hand.model import N_BETAS, SIDES, HandModel
from datasets.hand.rotations import MIRROR_POINT

_MIN_SIZE = 1e-12


def clip_residuals(
    frames: Sequence[Sequence[Detection]], picture_px: tuple[int, int], camera: Camera, model: HandModel
) -> list[np.ndarray]:
    """`side_residuals` (n, 2) of each frame's n hands, all worked out at once."""
    hands = [hand for frame in frames for hand in frame]
    residuals = side_residuals(_points(hands, picture_px, camera), model)
    ends = np.cumsum([len(frame) for frame in frames])
    return np.split(residuals, ends[:-1]) if len(frames) else []


def side_residuals(points: np.ndarray, model: HandModel) -> np.ndarray:
    """(N, 2) what posing N hands as left and as right ones leaves over, in shares of the hand's size.

    points: (N, 21, 3) landmarks along the camera's axes, about any origin, in any one unit. Root mean square
    over the landmarks after the best scale and shift; size: the same of the landmarks about their middle.
    NaN stays NaN.
    """
    residuals = np.full((len(points), len(SIDES)), np.nan)
    seen = np.isfinite(points).all(axis=(1, 2))
    if seen.any():
        residuals[seen, 0] = _right_residual(points[seen] * MIRROR_POINT, model)
        residuals[seen, 1] = _right_residual(points[seen], model)
    return residuals


def _points(hands: Sequence[Detection], picture_px: tuple[int, int], camera: Camera) -> np.ndarray:
    """(N, 21, 3) landmarks in space; a source without depth in the picture is taken at its metric one."""
    image = np.array([hand.image for hand in hands], float).reshape(-1, HAND_LANDMARKS, 2)
    depth = np.array([hand.depth for hand in hands], float).reshape(-1, HAND_LANDMARKS)
    world = np.array([hand.world for hand in hands], float).reshape(-1, HAND_LANDMARKS, 3)
    with np.errstate(divide="ignore", invalid="ignore"):  # landmarks on one point have no scale
        points = spatial_landmarks(image * picture_px, depth * picture_px[0], world, camera)
    return np.where(np.isfinite(depth).all(axis=1)[:, None, None], points, world)


def _right_residual(points: np.ndarray, model: HandModel) -> np.ndarray:
    """(N,) the residual of right hands."""
    betas = np.zeros(N_BETAS)
    rotations = right_hand_rotations(points, flat_landmarks(model, betas))
    posed = model.forward(rotations, np.zeros((len(points), 3)), betas, "right").keypoints
    posed = posed - posed.mean(axis=1, keepdims=True)
    target = points - points.mean(axis=1, keepdims=True)
    size = np.maximum((target**2).sum(axis=(1, 2)), _MIN_SIZE)
    along = (posed * target).sum(axis=(1, 2)) ** 2 / np.maximum((posed**2).sum(axis=(1, 2)), _MIN_SIZE)
    return np.sqrt(np.maximum(size - along, 0) / size)
