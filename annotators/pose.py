"""MediaPipe Pose: 33 landmarks of the most prominent body, tracked through a clip or found in one picture."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from annotators.quiet import native_stderr_silenced
from datasets.schema import BODY_POINTS

_BLANK = np.zeros((64, 64, 3), np.uint8)  # nobody in it; small, since its size does not matter


class BodyPoint(IntEnum):
    """Where the landmarks that we read stand among MediaPipe's 33; left and right are the person's own."""

    NOSE = 0
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_HIP = 23
    RIGHT_HIP = 24


@dataclass(frozen=True)
class PoseTrack:
    """The body of each frame; NaN where none was found."""

    keypoints: np.ndarray  # (T, 33, 3) float32: x, y as fractions of the picture's size, visibility in [0, 1]
    world: np.ndarray  # (T, 33, 3) float32: metres from the middle of the hips; x right, y down, z away


class PoseTracker:
    """Tracks one body through a clip's frames, in order. One instance a process.

    MediaPipe's own smoothing is off: it lags, it knows nothing of the clip's rate, and the visibility part of
    it cannot be cleared between clips. Landmarks are what was measured in each frame.
    """

    def __init__(self) -> None:
        with native_stderr_silenced():
            self._pose = _load_pose(static_image_mode=False)

    def track(self, frames: Iterable[np.ndarray]) -> PoseTrack:
        """The body in each (H, W, 3) uint8 RGB frame. Keeps nothing from the clips before."""
        self._forget()
        rows = [_landmarks(self._pose.process(np.ascontiguousarray(frame))) for frame in frames]
        found = np.array(rows, np.float32).reshape(-1, 2, BODY_POINTS, 3)
        return PoseTrack(keypoints=found[:, 0], world=found[:, 1])

    def _forget(self) -> None:
        """Loses the body being tracked, so that the next frame is searched as a first one is.

        Tracking is all the state there is without smoothing, and a blank frame ends it: landmarks were
        identical to those of a new instance, for 25 CPU-ms instead of 180 (`reset()`) or 430 (a new one).
        """
        if self._pose.process(_BLANK).pose_landmarks is not None:
            with native_stderr_silenced():
                self._pose.reset()


class PoseFinder:
    """Finds the most prominent body in single pictures that have nothing to do with each other."""

    def __init__(self) -> None:
        with native_stderr_silenced():
            self._pose = _load_pose(static_image_mode=True)

    def find(self, rgb: np.ndarray) -> np.ndarray | None:
        """(33, 3) float32: x, y as fractions of the (H, W, 3) picture, visibility; None without a body."""
        result = self._pose.process(np.ascontiguousarray(rgb))
        return None if result.pose_landmarks is None else _landmarks(result)[0]


def _load_pose(*, static_image_mode: bool) -> Any:
    """A MediaPipe Pose that has seen one picture, since part of its model is loaded only then."""
    from mediapipe.python.solutions.pose import Pose  # half a second: only where it is used

    pose = Pose(static_image_mode=static_image_mode, model_complexity=1, smooth_landmarks=False)
    pose.process(_BLANK)
    return pose


def _landmarks(result: Any) -> np.ndarray:
    """(2, 33, 3): image landmarks with visibility, world landmarks; NaN where there is no body."""
    if result.pose_landmarks is None:
        return np.full((2, BODY_POINTS, 3), np.nan, np.float32)
    image = [(point.x, point.y, point.visibility) for point in result.pose_landmarks.landmark]
    world = [(point.x, point.y, point.z) for point in result.pose_world_landmarks.landmark]
    return np.array([image, world], np.float32)
