"""Joint rotations of a hand from its 21 landmarks in space, in closed form, all frames at once.

The palm's six points give the global rotation (Kabsch 1976); then each finger bone is swung, from the
knuckle outwards, by the shortest arc onto the measured one and held to what a joint can do. Only directions
are used: the landmarks' scale and origin do not matter.
"""

import numpy as np

from annotators.hands.anatomy import (
    FINGER_JOINTS,
    LANDMARK_OF_JOINT,
    PALM_LANDMARKS,
    bone_directions,
    joint_frames,
    rotation_limits,
)
from datasets.hand.model import MANO_PARENTS
from datasets.hand.rotations import axis_angle_to_matrix

_MIN_LENGTH_M = 1e-6  # landmarks that coincide have no direction


def right_hand_rotations(world: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(T, 16, 3, 3) rotations of a right hand: global, then each joint in its parent's frame.

    world: (T, 21, 3) landmarks in any one unit, axes of the camera; rest: (21, 3) the model's flat hand.
    """
    rotations = np.empty((len(world), 16, 3, 3))
    rotations[:, 0] = palm_rotation(world, rest)
    globals_ = rotations.copy()
    bones, frames, (lowest, highest) = bone_directions(rest), joint_frames(rest), rotation_limits()
    for joint in FINGER_JOINTS:
        index, start, parent = joint - 1, LANDMARK_OF_JOINT[joint], globals_[:, MANO_PARENTS[joint]]
        measured = world[:, start + 1] - world[:, start]
        swing = _shortest_arc(bones[index], _row_times(measured, parent)) @ frames[index]
        held = np.clip(swing, lowest[index], highest[index])
        rotations[:, joint] = axis_angle_to_matrix(held @ frames[index].T)
        globals_[:, joint] = parent @ rotations[:, joint]
    return rotations


def palm_rotation(world: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """(T, 3, 3) rotations that lay the flat hand's palm on the measured ones best in least squares."""
    palm = list(PALM_LANDMARKS)
    source = rest[palm] - rest[palm].mean(axis=0)
    target = world[:, palm] - world[:, palm].mean(axis=1, keepdims=True)
    left, _, right = np.linalg.svd(source.T @ target)  # source = rotation.T @ target, row by row
    left[..., :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]  # no reflections
    return np.swapaxes(left @ right, -1, -2)


def _shortest_arc(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(T, 3) rotation vectors that turn the unit vector `start` (3,) onto the directions `end` (T, 3)."""
    length = np.linalg.norm(end, axis=-1, keepdims=True)
    unit = np.where(length > _MIN_LENGTH_M, end / np.maximum(length, _MIN_LENGTH_M), start)
    axis = np.cross(start, unit)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, unit @ start[:, None])
    return axis * np.where(sine > _MIN_LENGTH_M, angle / np.maximum(sine, _MIN_LENGTH_M), 1.0)


def _row_times(rows: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """(T, 3) each row times its matrix: the vector seen in the matrix's own frame."""
    return (rows[:, None] @ matrices)[:, 0]
