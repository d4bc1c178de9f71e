"""What a source of hands is, and what it says of one hand in one frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

HAND_LANDMARKS = 21


@dataclass(frozen=True)
class Detection:
    """One hand in one frame, whoever's it is; landmarks in MediaPipe's order."""

    image: np.ndarray  # (21, 2) float32, x and y as fractions of the picture's width and height
    # (21,) float32, how far behind the wrist, fractions of the picture's width; NaN: not known
    depth: np.ndarray
    world: np.ndarray  # (21, 3) float32, metres about the hand's own centre; x right, y down, z away
    score: float  # the source's own, in [0, 1]; a source without one says 1
    # The hand of a person in a mirrored picture, so the speaker's OTHER hand: MediaPipe's habit, kept by all
    # sources; None where the source does not say. Not to be trusted.
    label: Literal["Left", "Right"] | None
    rotations: np.ndarray | None = None  # (16, 3, 3) MANO, in the convention of the hand's own side
    betas: np.ndarray | None = None  # (10,) MANO's shape


class HandBackend(Protocol):
    """A source of hands. Constructing it loads the model; `name` says which one, for the provenance."""

    name: str

    def detect(self, frames: np.ndarray) -> Sequence[Sequence[Detection]]:
        """The hands of each frame of one clip (T, H, W, 3) uint8 RGB, in order; keeps nothing between clips."""
        ...

    def close(self) -> None:
        """Give back what the model holds."""
        ...
