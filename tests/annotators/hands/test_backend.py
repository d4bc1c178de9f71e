from collections.abc import Sequence

import numpy as np

from annotators.hands.backend import HAND_LANDMARKS, Detection, HandBackend
from annotators.hands.detect import HandDetector


class Still:
    """A backend that sees the same hand in every frame."""

    name = "still"

    def detect(self, frames: np.ndarray) -> Sequence[Sequence[Detection]]:
        points = np.zeros((HAND_LANDMARKS, 3))
        return [[Detection(points[:, :2], points[:, 2], points, 1.0, None)] for _ in frames]

    def close(self) -> None: ...


def test_a_source_of_points_alone_is_a_backend():
    backend: HandBackend = Still()
    (hand,) = backend.detect(np.zeros((1, 4, 4, 3), np.uint8))[0]
    assert hand.rotations is None
    assert hand.betas is None


def test_mediapipe_names_its_version_for_the_provenance():
    kind: type[HandBackend] = HandDetector
    assert kind.name == "mediapipe-0.10.21/hands-full"
