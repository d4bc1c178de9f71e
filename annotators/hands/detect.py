"""Hands in one clip as MediaPipe Hands tracks them: 21 landmarks in the picture and in metres."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from annotators.quiet import native_stderr_silenced

HAND_LANDMARKS = 21
_BLANK = np.zeros((64, 64, 3), np.uint8)


@dataclass(frozen=True)
class Detection:
    """One hand in one frame."""

    image: np.ndarray  # (21, 2) float32, x and y as fractions of the picture's width and height
    depth: np.ndarray  # (21,) float32, how far behind the wrist, in fractions of the picture's width
    world: np.ndarray  # (21, 3) float32, metres about the hand's own centre; x right, y down, z away
    score: float  # the handedness classifier's score in [0.5, 1]: the only score the graph gives out
    label: Literal["Left", "Right"]  # MediaPipe's own word, for a mirrored picture: not to be trusted


class HandDetector:
    """Finds and tracks hands; one instance serves many clips, one after the other, in one thread.

    min_detection: palm score from which a hand is first taken. min_tracking: presence score below which a
    tracked hand is given up. max_hands above 2 also finds other people's hands, which then cannot take the
    place of the speaker's, and keeps the palm detector running in every frame.
    """

    def __init__(self, *, max_hands: int, min_detection: float, min_tracking: float):
        from mediapipe.python.solutions.hands import Hands  # half a second and 150 MB: only where it is used

        with native_stderr_silenced():
            self._hands = Hands(
                max_num_hands=max_hands,
                min_detection_confidence=min_detection,
                min_tracking_confidence=min_tracking,
            )
            self._hands.process(_BLANK)  # part of the model is loaded only now

    def detect(self, frames: Iterable[np.ndarray]) -> list[list[Detection]]:
        """The hands of each frame of one clip, from (height, width, 3) uint8 RGB frames in order.

        Starts afresh: nothing tracked in an earlier clip is carried over. A frame may have no hands.
        """
        self._forget()
        return [_detections(self._hands.process(np.ascontiguousarray(frame))) for frame in frames]

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


def _detections(result: Any) -> list[Detection]:
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
