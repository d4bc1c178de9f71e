"""A free hand of our own in MANO's format, so that everything runs before a user brings MANO's files.

Made by rule from published bone lengths; nothing is taken from MANO but its conventions: the right hand lies
flat, fingers along -x, thumb towards +z, back of the hand +y; 778 vertices, 1538 faces, finger tips at MANO's
vertex ids, a wrist left open along 16 edges.
"""

from functools import lru_cache

import numpy as np

from datasets.hand.model import MANO_PARENTS, N_BETAS, N_JOINTS, HandModel
from datasets.hand.neutral_mesh import FINGERS, WRIST, Mesh, build_mesh

_BLEND_M = 0.0035  # how far along a finger the skin of one bone passes into the next
_REGRESSOR_VERTICES = 24  # two rings of a finger
_BULGE_M = 0.0025  # how far a knuckle stands out when bent by 90 degrees


@lru_cache(maxsize=1)
def neutral_hand() -> HandModel:
    """The neutral hand; the same arrays at every call, read-only. Its name in the tables is "neutral"."""
    mesh = build_mesh()
    rest = _rest_joints()
    arrays = {
        "template": mesh.vertices,
        "shape_dirs": _shape_dirs(mesh),
        "pose_dirs": _pose_dirs(mesh.vertices, rest),
        "joint_regressor": _joint_regressor(mesh.vertices, rest),
        "weights": _weights(mesh),
        "faces": mesh.faces,
    }
    for array in arrays.values():
        array.flags.writeable = False
    return HandModel(name="neutral", parents=MANO_PARENTS, **arrays)


def _rest_joints() -> np.ndarray:
    """(16, 3) joints of the flat hand."""
    joints = np.zeros((N_JOINTS, 3))
    joints[0] = WRIST
    for finger in FINGERS:
        starts = np.cumsum([0.0, *finger.lengths_m[:2]])
        joints[finger.first_joint : finger.first_joint + 3] = finger.base + starts[:, None] * finger.direction
    return joints


def _joint_regressor(vertices: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(16, 778): each joint as the smallest affine combination of the vertices nearest to it."""
    regressor = np.zeros((len(joints), len(vertices)))
    for row, joint in zip(regressor, joints, strict=True):
        near = np.argsort(np.linalg.norm(vertices - joint, axis=1), kind="stable")[:_REGRESSOR_VERTICES]
        system = np.vstack([vertices[near].T - joint[:, None], np.ones(len(near))])
        row[near] = np.linalg.pinv(system) @ np.array([0.0, 0.0, 0.0, 1.0])
    return regressor


def _weights(mesh: Mesh) -> np.ndarray:
    """(778, 16) skinning weights: along each finger bone to bone, across the palm finger to finger."""
    weights = np.zeros((len(mesh.vertices), N_JOINTS))
    share = mesh.finger_share
    for column, finger in enumerate(FINGERS):
        along = (mesh.vertices - finger.base) @ finger.direction
        ends = np.cumsum([0.0, *finger.lengths_m[:2]])
        passed = 1 / (1 + np.exp(-(along[:, None] - ends) / _BLEND_M))  # (778, 3)
        first = finger.first_joint
        weights[:, first] = share[:, column] * passed[:, 0] * (1 - passed[:, 1])
        weights[:, first + 1] = share[:, column] * passed[:, 0] * passed[:, 1] * (1 - passed[:, 2])
        weights[:, first + 2] = share[:, column] * passed[:, 0] * passed[:, 1] * passed[:, 2]
    weights[:, 0] = 1 - weights.sum(axis=1)
    return weights


def _shape_dirs(mesh: Mesh) -> np.ndarray:
    """(778, 3, 10): size, breadth, thickness, five finger lengths, palm length, finger girth.

    A unit is about one standard deviation of adults: 5 % of length and breadth, 8 % of thickness.
    """
    vertices = mesh.vertices
    dirs = np.zeros((len(vertices), 3, N_BETAS))
    dirs[..., 0] = 0.05 * (vertices - WRIST)
    dirs[:, 2, 1] = 0.05 * vertices[:, 2]
    dirs[:, 1, 2] = 0.08 * vertices[:, 1]
    for column, finger in enumerate(FINGERS):
        share = mesh.finger_share[:, column]
        along = np.clip((vertices - finger.base) @ finger.direction, 0, None)
        dirs[..., 3 + column] = 0.05 * (share * along)[:, None] * finger.direction
        off_axis = vertices - finger.base - along[:, None] * finger.direction
        on_finger = share[:, None] * (along > 0.01)[:, None]
        dirs[..., 9] += 0.08 * on_finger * off_axis
    dirs[:, 0, 8] = 0.04 * np.clip(vertices[:, 0] - WRIST[0], -0.09, None)
    return dirs


def _pose_dirs(vertices: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(778, 3, 135): a bent knuckle stands out on the back of the hand, against the skin's collapse.

    Bending turns about z, which takes the first entry of R - I from 0 to -1 at 90 degrees.
    """
    dirs = np.zeros((len(vertices), 3, 9 * (N_JOINTS - 1)))
    for joint in range(1, N_JOINTS):
        offset = vertices - joints[joint]
        near = np.exp(-np.sum(offset**2, axis=1) / (2 * 0.009**2))
        dirs[:, 1, 9 * (joint - 1)] = -_BULGE_M * near * (offset[:, 1] > 0)
    return dirs
