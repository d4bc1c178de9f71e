"""Hands that move as talking hands might: sums of sinusoids within what joints can do, with the truth."""

from dataclasses import dataclass

import numpy as np

from annotators.hands.anatomy import flat_landmarks, joint_frames, rotation_limits
from datasets.hand.model import N_BETAS, HandModel, Side
from datasets.hand.rotations import axis_angle_to_matrix, mirror_matrix

FPS = 25.0
_TERMS = 4
_FINGER_HZ, _TURN_HZ, _SHIFT_HZ = (0.1, 2.0), (0.1, 1.0), (0.1, 0.8)
_FLEXION_RAD, _MEAN_FLEXION_RAD, _MEAN_THUMB_RAD = 0.55, 0.5, 0.15
# Amplitudes of twist and spread in degrees by joint, from the knuckle outwards.
_FINGER_DEG = ((3.0, 7.0), (1.5, 1.5), (1.5, 1.5))
_THUMB_DEG = ((10.0, 12.0), (3.0, 3.0), (2.0, 2.0))
_SHIFT_M, _DEPTH_M, _APART_M = 0.12, 1.3, 0.18
_TURN_RAD, _START_TURN_RAD = 0.5, 0.8
_BETAS_STD = 0.7


@dataclass(frozen=True)
class Motion:
    """One side's hand over T frames, in its side's own convention."""

    side: Side
    rotations: np.ndarray  # (T, 16, 3, 3)
    translation: np.ndarray  # (T, 3) metres
    betas: np.ndarray  # (10,)
    keypoints: np.ndarray  # (T, 21, 3) metres, camera frame


def motions(model: HandModel, n_frames: int, seed: int) -> tuple[Motion, Motion]:
    """Left and right hand of one person: their own motions, one shape."""
    rng = np.random.default_rng(seed)
    betas = rng.normal(0, _BETAS_STD, N_BETAS)
    return _motion(model, "left", betas, n_frames, rng), _motion(model, "right", betas, n_frames, rng)


def _motion(
    model: HandModel, side: Side, betas: np.ndarray, n_frames: int, rng: np.random.Generator
) -> Motion:
    frames = joint_frames(flat_landmarks(model, np.zeros(N_BETAS)))
    bent = axis_angle_to_matrix(np.einsum("jab,tjb->tja", frames, _angles(n_frames, rng)))
    start = axis_angle_to_matrix(rng.normal(0, _START_TURN_RAD, 3))
    turn = start @ axis_angle_to_matrix(_TURN_RAD * _waves(n_frames, (3,), _TURN_HZ, rng))
    right = np.concatenate([turn[:, None], bent], axis=1)
    rotations = mirror_matrix(right) if side == "left" else right
    where = np.array([_APART_M if side == "left" else -_APART_M, 0.0, _DEPTH_M])  # a speaker faces the camera
    translation = where + _SHIFT_M * _waves(n_frames, (3,), _SHIFT_HZ, rng)
    keypoints = model.forward(rotations, translation, betas, side).keypoints
    return Motion(side, rotations, translation, betas, keypoints)


def _angles(n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """(T, 15, 3) radians of twist, flexion, spread."""
    lowest, highest = rotation_limits()
    amplitudes = np.radians(np.array([*_FINGER_DEG * 4, *_THUMB_DEG]))
    angles = np.zeros((n_frames, 15, 3))
    angles[..., [0, 2]] = amplitudes * _waves(n_frames, (15, 2), _FINGER_HZ, rng)
    mean = np.where(np.arange(15) < 12, _MEAN_FLEXION_RAD, _MEAN_THUMB_RAD)
    angles[..., 1] = mean + _FLEXION_RAD * _waves(n_frames, (15,), _FINGER_HZ, rng)
    angles[..., 1] = np.clip(angles[..., 1], 0.9 * lowest[:, 1], 0.9 * highest[:, 1])
    return angles


def _waves(
    n_frames: int, shape: tuple[int, ...], band_hz: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """(T, *shape) sums of four sinusoids, about 0.45 in standard deviation."""
    time_s = np.arange(n_frames).reshape(-1, *(1 for _ in shape)) / FPS
    total = np.zeros((n_frames, *shape))
    for _ in range(_TERMS):
        cycle = 2 * np.pi * rng.uniform(*band_hz, shape) * time_s + rng.uniform(0, 2 * np.pi, shape)
        total += rng.uniform(0.2, 1.0, shape) * np.sin(cycle)
    return total / 2
