"""What goes into a clip's fit and what comes out."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HandObservations:
    """One side's hand over T frames as measured; a NaN landmark was not measured."""

    image_px: np.ndarray  # (T, 21, 2)
    points: np.ndarray  # (T, 21, 3) in space, camera axes, about any origin and in any one unit
    weight: np.ndarray  # (T, 21) in [0, 1], multiplies a landmark's precision
    rotations: np.ndarray | None = None  # (T, 16, 3, 3) a backend's own MANO pose, in its side's convention

    @property
    def measured(self) -> np.ndarray:
        """(T, 21) bool: the landmarks that say something."""
        finite = np.isfinite(self.image_px).all(axis=-1) & np.isfinite(self.points).all(axis=-1)
        return finite & (np.nan_to_num(self.weight) > 0)


@dataclass(frozen=True)
class FittedHand:
    """One side's hand in that side's own MANO convention; NaN outside the frames that were solved.

    Solved are observed frames and gaps of at most `max_gap` frames between them. Deviations are of the
    posterior (Laplace approximation at the solution: exact marginals of the linearised problem, shape
    and neighbours in time included) and cover the free angles alone.
    """

    rotations: np.ndarray  # (T, 16, 3, 3) global, then each joint in its parent's frame
    axis_angle: np.ndarray  # (T, 16, 3) radians, absolute (flat hand = 0)
    quaternions: np.ndarray  # (T, 16, 4) w first, sign-continuous over solved frames
    translation: np.ndarray  # (T, 3) metres: wrist = joints(betas)[0] + translation
    wrist: np.ndarray  # (T, 3) metres, camera frame
    keypoints: np.ndarray  # (T, 21, 3) posed, metres, camera frame
    angle_std_rad: np.ndarray  # (T, 16) root of the summed variances of a joint's free angles
    translation_std_m: np.ndarray  # (T, 3)
    image_residual_px: np.ndarray  # (T, 21) distance measured - posed; NaN where not observed
    depth_residual_m: np.ndarray  # (T, 21) measured - posed along depth, gains taken off; NaN the same
    point_weight: np.ndarray  # (T, 21) robust weight in [0, 1], times the given one; NaN where not observed

    @property
    def solved(self) -> np.ndarray:
        """(T,) bool."""
        return np.isfinite(self.translation).all(axis=-1)


@dataclass(frozen=True)
class ClipFit:
    """Both hands of one person over a clip."""

    betas: np.ndarray  # (10,)
    left: FittedHand
    right: FittedHand

    @property
    def hands(self) -> tuple[FittedHand, FittedHand]:
        """Left, then right."""
        return self.left, self.right
