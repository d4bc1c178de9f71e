"""Hands whose every joint angle shows in the landmarks, so that an exact fit finds the truth."""

from dataclasses import replace

import numpy as np

from annotators.hands.anatomy import flat_landmarks, free_axes, joint_frames, rotation_limits
from annotators.hands.fit import FitSettings, FittedHand, HandObservations
from datasets.hand.camera import Camera
from datasets.hand.model import N_BETAS, Posed, Side
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix, mirror_matrix

CAMERA = Camera(900.0, 256.0, 352.0)
MODEL = neutral_hand()
MIRROR = np.array([-1.0, 1.0, 1.0])
# For landmarks without noise: priors that say next to nothing.
EXACT = FitSettings(
    image_noise=1e-3,
    across_noise_m=1e-3,
    depth_noise_m=1e-3,
    depth_gain=1.0,
    prior_strength=1e-3,
    betas_std=10.0,
    iterations=20,
    adapt=False,
    smooth=False,
)


def random_pose(
    side: Side, n_frames: int, seed: int, betas: np.ndarray | None = None
) -> tuple[np.ndarray, Posed]:
    """Rotations (T, 16, 3, 3) of unrelated poses within the limits, and the hands they pose."""
    rng = np.random.default_rng(seed)
    lowest, highest = rotation_limits()
    angles = rng.uniform(0.8 * lowest, 0.8 * highest, (n_frames, 15, 3)) * free_axes()
    bent = np.einsum("jab,tjb->tja", joint_frames(flat_landmarks(MODEL, np.zeros(N_BETAS))), angles)
    turned = rng.normal(0, 0.8, (n_frames, 1, 3))
    right = axis_angle_to_matrix(np.concatenate([turned, bent], axis=1))
    rotations = mirror_matrix(right) if side == "left" else right
    place = rng.uniform([-0.1, -0.1, 0.8], [0.1, 0.1, 1.2], (n_frames, 3))
    return rotations, MODEL.forward(rotations, place, np.zeros(N_BETAS) if betas is None else betas, side)


def seen(keypoints: np.ndarray) -> HandObservations:
    """The landmarks (T, 21, 3) without noise."""
    points = keypoints - keypoints.mean(axis=1, keepdims=True)
    return HandObservations(CAMERA.project(keypoints), points, np.ones(keypoints.shape[:2]))


def unseen(n_frames: int) -> HandObservations:
    """A hand that is in no frame."""
    nothing = np.full((n_frames, 21, 3), np.nan)
    return HandObservations(nothing[..., :2], nothing, np.zeros((n_frames, 21)))


def without(hand: HandObservations, frames: slice | list[int]) -> HandObservations:
    """The hand with some frames not measured."""
    image_px, points = hand.image_px.copy(), hand.points.copy()
    image_px[frames] = points[frames] = np.nan
    return replace(hand, image_px=image_px, points=points)


def arrays(hand: FittedHand) -> dict[str, np.ndarray]:
    """All fields by name."""
    return {name: getattr(hand, name) for name in FittedHand.__dataclass_fields__}
