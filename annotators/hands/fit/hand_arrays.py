"""What the fit needs of a hand model: 21 landmarks, their dependence on shape, and the angles left free."""

from typing import NamedTuple

import numpy as np

from annotators.hands.anatomy import flat_landmarks, free_axes, joint_frames
from datasets.hand.model import MEDIAPIPE_ORDER, N_BETAS, N_JOINTS, TIP_VERTICES, HandModel

N_TURN = 3  # unknowns of a frame: global rotation, then the free angles, then translation
N_SHARED = N_BETAS + 2  # unknowns of a clip as one hand sees them: betas, two gains of its landmarks


class HandArrays(NamedTuple):
    """A right hand's landmarks in arrays; a tuple, since numba takes one apart without a class of its own."""

    joints: np.ndarray  # (16, 3) flat hand of zero betas, metres
    joint_dirs: np.ndarray  # (16, 3, 10)
    tips: np.ndarray  # (5, 3)
    tip_dirs: np.ndarray  # (5, 3, 10)
    tip_weights: np.ndarray  # (5, 16) skinning
    tip_bends: np.ndarray  # (5, 3, 15, 9) pose correctives a unit of R - I
    frames: np.ndarray  # (15, 3, 3) columns: axes of twist, flexion, spread of each finger joint
    parents: np.ndarray  # (16,)
    points: np.ndarray  # (21,) MediaPipe's landmarks among 16 joints and 5 tips
    free_joint: np.ndarray  # (A,) finger joint 0..14 of each free angle
    free_axis: np.ndarray  # (A,) 0 twist, 1 flexion, 2 spread


def hand_arrays(model: HandModel) -> HandArrays:
    """The arrays of a model; joint frames are those of its mean shape."""
    tips = list(TIP_VERTICES)
    joint, axis = np.nonzero(free_axes())
    arrays = HandArrays(
        joints=model.joint_regressor @ model.template,
        joint_dirs=np.einsum("jv,vab->jab", model.joint_regressor, model.shape_dirs),
        tips=model.template[tips],
        tip_dirs=model.shape_dirs[tips],
        tip_weights=model.weights[tips],
        tip_bends=model.pose_dirs[tips].reshape(5, 3, N_JOINTS - 1, 9),
        frames=joint_frames(flat_landmarks(model, np.zeros(N_BETAS))),
        parents=np.array(model.parents),
        points=np.array(MEDIAPIPE_ORDER),
        free_joint=joint,
        free_axis=axis,
    )
    return HandArrays(*(np.ascontiguousarray(array) for array in arrays))
