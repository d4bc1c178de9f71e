"""The speaker's arms as the body's pose gives them: where a hand of theirs can be, and how large it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from annotators.hands.backend import Detection
from annotators.pose import BodyPoint

_SHOULDERS = (BodyPoint.LEFT_SHOULDER, BodyPoint.RIGHT_SHOULDER)
_ELBOWS = (BodyPoint.LEFT_ELBOW, BodyPoint.RIGHT_ELBOW)
_WRISTS = (BodyPoint.LEFT_WRIST, BodyPoint.RIGHT_WRIST)
_FOREARM_TO_SHOULDERS = 0.73  # a forearm of 0.25 m and MediaPipe shoulders 0.34 m apart
_FOREARM_TO_PALM = 2.6  # a palm of 0.095 m from the wrist to the middle knuckle
_MIN_VISIBILITY = 0.5  # a limb below it says nothing about the person's size
_WINDOW_FRAMES = 25  # one second
_MIN_SEEN_FRAMES = 8  # of the window, below which unsteadiness is not judged
# Forearms a frame squared, median over the window. 0.2 is 31 m/s^2 for a second, more than an elbow does:
# then the pose jumps between two people's arms. Eight real talkers had up to 0.16, and the one clip in which
# the pose takes another person's arm for the speaker's 0.28 to 0.7.
_MAX_ELBOW_ACCELERATION = 0.2


@dataclass(frozen=True)
class Arms:
    """Left, then right, over T frames; NaN where no body was found."""

    wrists_px: np.ndarray  # (T, 2, 2)
    elbows_px: np.ndarray  # (T, 2, 2)
    # (T, 2) of the wrist, in [0, 1]; 0 where the arm jumps about as no arm of one person does
    visible: np.ndarray
    forearm_px: float  # where it is least foreshortened


def speaker_arms(
    body: np.ndarray | None, frames: Sequence[Sequence[Detection]], picture_px: tuple[int, int]
) -> Arms:
    """The arms in T frames.

    body: (T, 33, 3) pose landmarks x, y (fractions of the picture) and visibility; NaN rows, or None for all,
    where no body was found. frames: the detected hands, which give the size where no body does.
    """
    size = np.array(picture_px, float)
    pose = np.full((len(frames), 33, 3), np.nan) if body is None else np.asarray(body, float)
    forearm_px = _forearm_px(pose, frames, size)
    elbows = pose[:, _ELBOWS, :2] * size
    seen = pose[:, _ELBOWS, 2] >= _MIN_VISIBILITY
    unsteady = _unsteady(np.where(seen[..., None], elbows, np.nan) / forearm_px)
    visible = np.where(unsteady, 0.0, pose[:, _WRISTS, 2])
    return Arms(pose[:, _WRISTS, :2] * size, elbows, visible, forearm_px)


def _unsteady(elbows: np.ndarray) -> np.ndarray:
    """(T, 2) bool: in a second of which, somewhere about the frame, the elbows (T, 2, 2), in forearms, jump."""
    if len(elbows) < _MIN_SEEN_FRAMES:
        return np.zeros(elbows.shape[:2], bool)
    acceleration = np.linalg.norm(np.diff(elbows, n=2, axis=0), axis=-1)
    windows = _windows(np.pad(acceleration, ((1, 1), (0, 0)), constant_values=np.nan), np.nan)
    judged = np.isfinite(windows).sum(axis=-1) >= _MIN_SEEN_FRAMES
    jumps = np.zeros(judged.shape, bool)
    jumps[judged] = np.nanmedian(windows[judged], axis=-1) > _MAX_ELBOW_ACCELERATION
    return _windows(jumps, False).any(axis=-1)


def _windows(values: np.ndarray, outside: float) -> np.ndarray:
    """(T, 2, _WINDOW_FRAMES) what lies about each frame of (T, 2)."""
    half = _WINDOW_FRAMES // 2
    padded = np.pad(values, ((half, half), (0, 0)), constant_values=outside)
    return sliding_window_view(padded, _WINDOW_FRAMES, axis=0)


def _forearm_px(pose: np.ndarray, frames: Sequence[Sequence[Detection]], size: np.ndarray) -> float:
    """The speaker's forearm in pixels: from the body's least foreshortened frames, else from the hands."""
    points = np.where(pose[..., 2:] > _MIN_VISIBILITY, pose[..., :2] * size, np.nan)
    forearms = np.linalg.norm(points[:, _ELBOWS] - points[:, _WRISTS], axis=-1)
    shoulders = np.linalg.norm(points[:, _SHOULDERS[0]] - points[:, _SHOULDERS[1]], axis=-1)
    lengths = [_upper(forearms), _FOREARM_TO_SHOULDERS * _upper(shoulders)]
    if np.isfinite(lengths).any():
        return max(float(np.nanmax(lengths)), 1.0)
    palms = [np.linalg.norm((hand.image[9] - hand.image[0]) * size) for frame in frames for hand in frame]
    return max(_FOREARM_TO_PALM * _upper(np.array(palms)), 1.0) if palms else 1.0


def _upper(lengths: np.ndarray) -> float:
    known = lengths[np.isfinite(lengths)]
    return float(np.percentile(known, 90)) if known.size else float("nan")
