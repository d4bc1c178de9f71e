"""The hand a label speaks of: MANO's skinned mesh (Romero et al. 2017) in plain numpy, for both sides.

Arrays are those of a right hand. A left hand is its mirror image in x = 0, so left parameters follow the
convention of MANO's left model. Rotations are absolute: zero is the flat hand (`flat_hand_mean=True`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from datasets.hand.rotations import MIRROR_POINT, mirror_matrix

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

N_VERTICES = 778
N_FACES = 1538
N_JOINTS = 16
N_KEYPOINTS = 21
N_BETAS = 10
# Joints: wrist, then three each of index, middle, pinky, ring, thumb.
MANO_PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
# The mesh's finger tips: thumb, index, middle, ring, pinky.
TIP_VERTICES = (744, 320, 443, 554, 671)
# Takes [16 joints, 5 tips] to MediaPipe's 21 landmarks: wrist, then four each from thumb to pinky.
MEDIAPIPE_ORDER = (0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20)


@dataclass(frozen=True)
class Posed:
    """Hands in the frame of their translation, in metres; T poses."""

    joints: np.ndarray  # (T, 16, 3)
    keypoints: np.ndarray  # (T, 21, 3), MediaPipe order
    vertices: np.ndarray | None  # (T, 778, 3) where asked for


@dataclass(frozen=True, eq=False)
class HandModel:
    """A right hand in MANO's format, float64. `name` goes beside every label fitted with it."""

    name: str
    template: np.ndarray  # (778, 3) metres
    shape_dirs: np.ndarray  # (778, 3, 10) metres a unit of beta
    pose_dirs: np.ndarray  # (778, 3, 135) metres a unit of (R - I) of joints 1..15, row-major
    joint_regressor: np.ndarray  # (16, 778)
    weights: np.ndarray  # (778, 16), rows sum to 1
    faces: np.ndarray  # (1538, 3) int64, counter-clockwise seen from outside
    parents: tuple[int, ...] = MANO_PARENTS

    def shaped(self, betas: np.ndarray) -> np.ndarray:
        """(778, 3) flat right hand with the given shape (10,)."""
        return self.template + self.shape_dirs @ betas

    def joints(self, betas: np.ndarray, side: Side = "right") -> np.ndarray:
        """(16, 3) joints of the flat hand. Joint 0 is the centre of the global rotation, not the origin."""
        joints = self.joint_regressor @ self.shaped(betas)
        return joints * MIRROR_POINT if side == "left" else joints

    def faces_of(self, side: Side) -> np.ndarray:
        """(1538, 3) triangles, counter-clockwise seen from outside on either side."""
        return self.faces[:, ::-1] if side == "left" else self.faces

    def forward(
        self,
        rotations: np.ndarray,
        translation: np.ndarray,
        betas: np.ndarray,
        side: Side,
        *,
        vertices: bool = False,
    ) -> Posed:
        """Joints, keypoints and, where asked, vertices of T poses.

        rotations (T, 16, 3, 3): global, then each joint in its parent's frame, in `side`'s own convention;
        translation (T, 3) in metres: wrist = joints(betas, side)[0] + translation; betas (10,).
        """
        right = mirror_matrix(rotations) if side == "left" else rotations
        shaped = self.shaped(betas)
        rest = self.joint_regressor @ shaped
        globals_, joints = self._chain(right, rest)
        wanted = np.arange(len(shaped)) if vertices else np.array(TIP_VERTICES)
        skinned = self._skin(wanted, shaped, rest, right, globals_, joints)
        tips = skinned[:, list(TIP_VERTICES)] if vertices else skinned
        keypoints = np.concatenate([joints, tips], axis=1)[:, list(MEDIAPIPE_ORDER)]

        def placed(points: np.ndarray) -> np.ndarray:
            return (points * MIRROR_POINT if side == "left" else points) + translation[:, None]

        return Posed(placed(joints), placed(keypoints), placed(skinned) if vertices else None)

    def _chain(self, rotations: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rotations in the hand's frame (T, 16, 3, 3) and posed joints (T, 16, 3)."""
        globals_, joints = np.empty_like(rotations, float), np.empty((len(rotations), N_JOINTS, 3))
        globals_[:, 0], joints[:, 0] = rotations[:, 0], rest[0]
        for joint, parent in list(enumerate(self.parents))[1:]:
            globals_[:, joint] = globals_[:, parent] @ rotations[:, joint]
            joints[:, joint] = joints[:, parent] + globals_[:, parent] @ (rest[joint] - rest[parent])
        return globals_, joints

    def _skin(
        self,
        wanted: np.ndarray,
        shaped: np.ndarray,
        rest: np.ndarray,
        rotations: np.ndarray,
        globals_: np.ndarray,
        joints: np.ndarray,
    ) -> np.ndarray:
        """The wanted vertices (T, n, 3): pose correctives, then linear blend skinning."""
        n_poses, n_wanted = len(rotations), len(wanted)
        bent = (rotations[:, 1:] - np.eye(3)).reshape(n_poses, 9 * (N_JOINTS - 1))
        correctives = bent @ self.pose_dirs[wanted].reshape(3 * n_wanted, -1).T
        flat = shaped[wanted] + correctives.reshape(n_poses, n_wanted, 3)
        offsets = joints - (globals_ @ rest[:, :, None])[..., 0]  # where each joint's frame sends the origin
        weights = self.weights[wanted]
        blended = (weights @ globals_.reshape(n_poses, N_JOINTS, 9)).reshape(n_poses, n_wanted, 3, 3)
        return (blended @ flat[..., None])[..., 0] + weights @ offsets
