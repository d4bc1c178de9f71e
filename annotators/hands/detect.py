"""Hands in one clip as MediaPipe Hands tracks them: 21 landmarks in the picture and in metres."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from annotators.hands.backend import Detection
from annotators.quiet import native_stderr_silenced

_BLANK = np.zeros((64, 64, 3), np.uint8)


class HandDetector:
    """MediaPipe Hands as a backend; one instance serves many clips, one after the other, in one thread.

    min_detection: palm score from which a hand is first taken. min_tracking: presence score below which a
    tracked hand is given up. max_hands above 2 also finds other people's hands, which then cannot take the
    place of the speaker's, and keeps the palm detector running in every frame.
    """

    name = "mediapipe-0.10.21/hands-full"

    def __init__(self, *, max_hands: int, min_detection: float, min_tracking: float):
        self._hands = load_hands(
            max_num_hands=max_hands,
            min_detection_confidence=min_detection,
            min_tracking_confidence=min_tracking,
        )

    def detect(self, frames: Iterable[np.ndarray]) -> list[list[Detection]]:
        """The hands of each frame of one clip, from (height, width, 3) uint8 RGB frames in order.

        Starts afresh: nothing tracked in an earlier clip is carried over. A frame may have no hands.
        """
        self._forget()
        return [detections_of(self._hands.process(np.ascontiguousarray(frame))) for frame in frames]

    def _forget(self) -> None:
        """Drops what is tracked: an empty picture does, and costs 14 CPU-ms; `reset()` costs 25 and prints."""
        if self._hands.process(_BLANK).multi_hand_landmarks:
            with native_stderr_silenced():
                self._hands.reset()

    def close(self) -> None:
        self._hands.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def load_hands(**options: Any) -> Any:
    """A MediaPipe Hands that has seen one picture, since part of its model is loaded only then."""
    from mediapipe.python.solutions.hands import Hands  # half a second and 150 MB: only where it is used

    with native_stderr_silenced():
        hands = Hands(**options)
        hands.process(_BLANK)
    return hands


def detections_of(result: Any) -> list[Detection]:
    """The hands in one result of MediaPipe."""
    if not result.multi_hand_landmarks:
        return []
    hands = zip(
        result.multi_hand_landmarks, result.multi_hand_world_landmarks, result.multi_handedness, strict=True
    )
    return [
        Detection(
            image=np.array([(point.x, point.y) for point in image.landmark], np.float32),
            depth=np.array([point.z for point in image.landmark], np.float32),
            world=np.array([(point.x, point.y, point.z) for point in world.landmark], np.float32),
            score=float(handedness.classification[0].score),
            label=handedness.classification[0].label,
        )
        for image, world, handedness in hands
    ]
