"""Hands as a crop network would report them, made from known ones."""

from dataclasses import dataclass

import numpy as np

from datasets.hand.model import Side
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix, mirror_matrix

PICTURE_PX = (512, 704)
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class KnownHand:
    """A hand in the picture, and what a network says of the crop about it."""

    side: Side
    rotations: np.ndarray  # (16, 3, 3) of its own side
    points: np.ndarray  # (21, 3) metres about MANO's origin, in the camera's axes
    image_px: np.ndarray  # (21, 2)

    def row(self, frame: int, score: float = 0.9) -> dict[str, np.ndarray]:
        """One row of `ROW_SHAPES`: the crop is mirrored for a left hand, a pixel off, and so is all it holds."""
        left = self.side == "left"
        centre = (self.image_px.min(axis=0) + self.image_px.max(axis=0)) / 2
        size = 2 * np.ptp(self.image_px, axis=0).max()
        in_crop = (self.image_px - centre - ([1, 0] if left else [0, 0])) / size
        return {
            "frame": np.array(frame),
            "right": np.array(0 if left else 1),
            "score": np.array(score, np.float32),
            "box_centre_px": centre,
            "box_size_px": np.array(size),
            "crop_points": in_crop * _MIRROR[:2] if left else in_crop,
            "keypoints": self.points * _MIRROR if left else self.points,
            "rotations": mirror_matrix(self.rotations) if left else self.rotations,
            "betas": np.arange(10.0),
        }


def known_hand(seed: int, side: Side, *, pixels_a_metre: float = 600) -> KnownHand:
    """A bent neutral hand, somewhere in the picture, seen along parallel rays."""
    random = np.random.default_rng(seed)
    rotations = axis_angle_to_matrix(random.normal(0, 0.4, (16, 3)))
    posed = neutral_hand().forward(rotations[None], np.zeros((1, 3)), np.zeros(10), side)
    points = posed.keypoints[0]
    return KnownHand(side, rotations, points, random.uniform(150, 350, 2) + pixels_a_metre * points[:, :2])


def stacked(rows: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
