"""From the landmarks of one side's hand to MANO parameters in the camera's frame: the whole of a hand's fit.

This first fit is closed-form: inverse kinematics on the landmarks in space, then the place that explains the
picture. A fit that iterates takes its place inside `solve` and starts from its result.
"""

from dataclasses import dataclass

import numpy as np

from annotators.hands.anatomy import flat_landmarks
from annotators.hands.ik import right_hand_rotations
from datasets.hand.camera import Camera
from datasets.hand.model import HandModel, Side
from datasets.hand.rotations import (
    make_sign_continuous,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    mirror_matrix,
)

_MIRROR_POINT = np.array([-1.0, 1.0, 1.0])
_ROBUST_ROUNDS = 2
_ROBUST_SHARE = 0.05  # of the hand's size in the picture: an error at which a landmark counts half


@dataclass(frozen=True)
class HandPoses:
    """One side's hand over a clip, in that side's own MANO convention; NaN in frames without a hand."""

    rotations: np.ndarray  # (T, 16, 3, 3) global, then each joint in its parent's frame
    axis_angle: np.ndarray  # (T, 16, 3) radians, absolute (flat hand = 0)
    quaternions: np.ndarray  # (T, 16, 4) w first, sign-continuous over the frames that have a hand
    translation: np.ndarray  # (T, 3) metres: wrist = joints(betas)[0] + translation
    wrist: np.ndarray  # (T, 3) metres in the camera's frame
    reprojection_px: np.ndarray  # (T,) median distance of the posed hand's landmarks from the picture's


def solve(
    model: HandModel,
    side: Side,
    image_px: np.ndarray,
    points: np.ndarray,
    camera: Camera,
    betas: np.ndarray,
) -> HandPoses:
    """The poses that explain the landmarks of T frames.

    image_px: (T, 21, 2) pixels; points: (T, 21, 3) landmarks along the camera's axes, about any origin and
    in any one unit (`spatial_landmarks`); a frame with a NaN in either has no hand. betas: (10,), kept.
    """
    seen = np.isfinite(image_px).all(axis=(1, 2)) & np.isfinite(points).all(axis=(1, 2))
    found = _solve_seen(model, side, image_px[seen], points[seen], camera, betas)
    return HandPoses(*(_spread(values, seen) for values in found))


def _solve_seen(
    model: HandModel, side: Side, image_px: np.ndarray, points: np.ndarray, camera: Camera, betas: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The fields of HandPoses for frames that all have a hand."""
    rest = flat_landmarks(model, betas)
    right = right_hand_rotations(points * _MIRROR_POINT if side == "left" else points, rest)
    rotations = mirror_matrix(right) if side == "left" else right
    posed = model.forward(rotations, np.zeros((len(points), 3)), betas, side).keypoints
    translation = place(posed, image_px, camera)
    errors = np.linalg.norm(camera.project(posed + translation[:, None]) - image_px, axis=-1)
    return (
        rotations,
        matrix_to_axis_angle(rotations),
        make_sign_continuous(matrix_to_quaternion(rotations)),
        translation,
        model.joints(betas, side)[0] + translation,
        np.median(errors, axis=-1),
    )


def place(posed: np.ndarray, image_px: np.ndarray, camera: Camera) -> np.ndarray:
    """(T, 3) translations in metres that bring (T, 21, 3) posed landmarks onto (T, 21, 2) pixels.

    Linear least squares of X = slope Z, repeated with Cauchy weights so that a few wrong landmarks do not
    decide the depth. Each frame stands alone: depth follows from the hand's size in the picture and is noisy.
    """
    slopes = (image_px - np.array([camera.centre_x_px, camera.centre_y_px])) / camera.focal_px
    half_px = _ROBUST_SHARE * np.ptp(image_px, axis=1).max(axis=-1, initial=0.0, keepdims=True) + 1e-6
    translation = _least_squares(posed, slopes, np.ones(image_px.shape[:2]))
    for _ in range(_ROBUST_ROUNDS):
        errors = np.linalg.norm(camera.project(posed + translation[:, None]) - image_px, axis=-1)
        weights = 1 / (1 + (errors / half_px) ** 2)
        translation = _least_squares(posed, slopes, np.nan_to_num(weights, nan=1e-6))
    return translation


def _least_squares(posed: np.ndarray, slopes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(T, 3) solutions t of t_xy - slope t_z = slope z - xy, weighted by landmark (T, 21)."""
    system = np.zeros((*slopes.shape, 3))
    system[..., 0, 0] = system[..., 1, 1] = 1.0
    system[..., 2] = -slopes
    wanted = slopes * posed[..., 2:] - posed[..., :2]
    weighted = system * weights[..., None, None]
    normal = np.einsum("tkia,tkib->tab", weighted, system) + 1e-12 * np.eye(3)
    right = np.einsum("tkia,tki->ta", weighted, wanted)
    return np.linalg.solve(normal, right[..., None])[..., 0]


def _spread(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The values of the seen frames at their places among all, NaN elsewhere."""
    spread = np.full((len(seen), *values.shape[1:]), np.nan)
    spread[seen] = values
    return spread
