"""The unknowns of a clip's fit and a step through them."""

from dataclasses import dataclass, replace

import numpy as np

from annotators.hands.fit.hand_arrays import HandArrays
from annotators.hands.fit.normal import landmarks
from datasets.hand.rotations import axis_angle_to_matrix

_MAX_TURN_RAD = 0.6  # of one step, in any angle of a frame


@dataclass(frozen=True)
class State:
    """S frames of right hands, and what they share."""

    turns: np.ndarray  # (S, 3, 3) global rotations
    angles: np.ndarray  # (S, 15, 3) twist, flexion, spread in radians
    translation: np.ndarray  # (S, 3) metres
    betas: np.ndarray  # (10,)
    gains: np.ndarray  # (2, 2) measured over posed size in space, left then right: across, along depth

    def shaped(self, hand: HandArrays) -> tuple[np.ndarray, np.ndarray]:
        """Joints (16, 3) and tips (5, 3) of the flat hand."""
        return hand.joints + hand.joint_dirs @ self.betas, hand.tips + hand.tip_dirs @ self.betas

    def landmarks(self, hand: HandArrays) -> np.ndarray:
        """(S, 21, 3) metres, camera frame."""
        return landmarks(hand, *self.shaped(hand), self.turns, self.angles, self.translation)

    def moved(self, hand: HandArrays, step: np.ndarray, shared: np.ndarray) -> "State":
        """The state after a step (S, 6 + A) of each frame and (10 + 4,) of betas and gains.

        The global rotation is turned in the hand's own frame: R exp(d).
        """
        largest = np.abs(step[:, :-3]).max(axis=1, keepdims=True)
        step = step * np.minimum(1.0, _MAX_TURN_RAD / np.maximum(largest, 1e-12))
        angles = self.angles.copy()
        angles[:, hand.free_joint, hand.free_axis] += step[:, 3:-3]
        return replace(
            self,
            turns=self.turns @ axis_angle_to_matrix(step[:, :3]),
            angles=angles,
            translation=self.translation + step[:, -3:],
            betas=self.betas + shared[:10],
            gains=self.gains + shared[10:].reshape(2, 2),
        )
