"""Random but possible hand poses, the truth that the tests of the fit start from."""

import numpy as np

from annotators.hands.anatomy import flat_landmarks, joint_frames, rotation_limits
from datasets.hand.camera import Camera
from datasets.hand.model import HandModel, Side
from datasets.hand.rotations import axis_angle_to_matrix, mirror_matrix

CAMERA = Camera(900.0, 256.0, 352.0)
BETAS = np.zeros(10)


def random_rotations(model: HandModel, side: Side, count: int, seed: int) -> np.ndarray:
    """(T, 16, 3, 3): any global rotation; knuckles bend and spread, the joints after them only bend."""
    rng = np.random.default_rng(seed)
    lowest, highest = rotation_limits()
    angles = rng.uniform(0.9 * lowest, 0.9 * highest, (count, 15, 3))
    angles[..., 0] = 0  # landmarks do not show a bone's twist
    hinges = [joint for joint in range(12) if joint % 3]
    angles[:, hinges, 2] = 0
    bent = np.einsum("jab,tjb->tja", joint_frames(flat_landmarks(model, BETAS)), angles)
    turned = rng.normal(0, 1.2, (count, 1, 3))
    right = axis_angle_to_matrix(np.concatenate([turned, bent], axis=1))
    return mirror_matrix(right) if side == "left" else right


def random_translations(count: int, seed: int) -> np.ndarray:
    """(T, 3) metres, in view of CAMERA."""
    rng = np.random.default_rng(seed)
    return rng.uniform([-0.2, -0.25, 0.8], [0.2, 0.25, 2.5], (count, 3))
