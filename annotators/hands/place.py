"""The place of a posed hand that explains its landmarks in the picture."""

import numpy as np

from datasets.hand.camera import Camera

_ROBUST_ROUNDS = 2
_ROBUST_SHARE = 0.05  # of the hand's size in the picture: an error at which a landmark counts half


def place(
    posed: np.ndarray, image_px: np.ndarray, camera: Camera, weight: np.ndarray | None = None
) -> np.ndarray:
    """(T, 3) translations in metres that bring (T, 21, 3) posed landmarks onto (T, 21, 2) pixels.

    Linear least squares of X = slope Z, repeated with Cauchy weights so that a few wrong landmarks do not
    decide the depth. Each frame stands alone: depth follows from the hand's size in the picture and is noisy.
    weight: (T, 21), by default 1.
    """
    given = np.ones(image_px.shape[:2]) if weight is None else weight
    slopes = (image_px - np.array([camera.centre_x_px, camera.centre_y_px])) / camera.focal_px
    half_px = _ROBUST_SHARE * np.ptp(image_px, axis=1).max(axis=-1, initial=0.0, keepdims=True) + 1e-6
    translation = _least_squares(posed, slopes, given)
    for _ in range(_ROBUST_ROUNDS):
        errors = np.linalg.norm(camera.project(posed + translation[:, None]) - image_px, axis=-1)
        weights = given / (1 + (errors / half_px) ** 2)
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
