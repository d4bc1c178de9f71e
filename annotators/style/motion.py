"""What the hands of a clip tell about its style: how much they move, and whether they do it again and again."""

from dataclasses import dataclass

import numpy as np

from datasets.frame import CLIP_RATE_HZ

_LEAST_FRAMES = 4  # of a clip whose hands have a speed
_PLACE = slice(1, 4)  # x, y, z in a hand's seven sums: datasets/motion/windows.py


@dataclass(frozen=True)
class Motion:
    """Measures of one clip; None where no hand was seen for long enough."""

    speed_m_s: float | None  # mean of the faster hand, its jitter smoothed away
    periodic: float | None  # how alike the motion is one period later, 0 to 1
    period_s: float | None


@dataclass(frozen=True)
class MotionRule:
    """Over which times motion is compared with itself."""

    least_seen: float = 0.5  # of the frames, for a hand to count
    shortest_s: float = 0.28  # of a period
    longest_s: float = 2.6
    trend_s: float = 3.0  # what changes more slowly is no dance step
    least_periods: float = 2.5  # of a period that must fit into the clip


def measure_motion(sums: np.ndarray | None, rule: MotionRule) -> Motion:
    """sums: (T, 14) the column `motion_sums`, or None."""
    if sums is None or len(sums) < _LEAST_FRAMES:
        return Motion(None, None, None)
    values = np.asarray(sums, float)
    places, seen = _places(values)
    counted = seen.mean(axis=0) >= rule.least_seen
    if not counted.any():
        return Motion(None, None, None)
    tracks = [_filled(places[:, side], seen[:, side]) for side in np.flatnonzero(counted)]
    steps = np.concatenate([_without_trend(track, rule) for track in tracks], axis=1)
    periodic, period_s = repetition(steps, rule)
    return Motion(max(_speed(track) for track in tracks), periodic, period_s)


def repetition(tracks: np.ndarray, rule: MotionRule) -> tuple[float, float | None]:
    """How alike (T, N) tracks about 0 are to themselves one period later, 0 to 1, and that period in seconds.

    The correlation of the track with itself, over lags; the period is at its highest peak behind the first lag at
    which it has fallen below 0, so that slow motion, which is like itself a moment later, has none.
    """
    longest = int(min(rule.longest_s * CLIP_RATE_HZ, len(tracks) / rule.least_periods))
    if longest < 2 or not np.square(tracks).sum() > 0:
        return 0.0, None
    alike = np.array([_alike(tracks, lag) for lag in range(longest + 1)])
    fallen = np.flatnonzero(alike < 0)
    first = max(int(fallen[0]) if len(fallen) else longest + 1, round(rule.shortest_s * CLIP_RATE_HZ))
    if first > longest:
        return 0.0, None
    best = first + int(alike[first:].argmax())
    return float(np.clip(alike[best], 0.0, 1.0)), best / CLIP_RATE_HZ


def _alike(tracks: np.ndarray, lag: int) -> float:
    early, late = tracks[: len(tracks) - lag], tracks[lag:]
    power = np.sqrt(np.square(early).sum() * np.square(late).sum())
    return float((early * late).sum() / power) if power > 0 else 0.0


def _places(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2, 3) metres from the hand's mean place, and (T, 2) bool where they count."""
    steps = np.diff(sums, axis=0, prepend=0.0).reshape(len(sums), 2, -1)
    return steps[..., _PLACE], steps[..., 0] > 0.5


def _filled(places: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(T, 3) with straight lines through the frames in which the hand was not seen."""
    frames = np.arange(len(places))
    return np.stack([np.interp(frames, frames[seen], axis[seen]) for axis in places.T], axis=1)


def _speed(track: np.ndarray) -> float:
    """Mean over the clip in m/s, of the mean of three frames: jitter of 4 mm would count as 0.2 m/s."""
    smooth = (track[:-2] + track[1:-1] + track[2:]) / 3
    return float(np.linalg.norm(np.diff(smooth, axis=0), axis=1).mean() * CLIP_RATE_HZ)


def _without_trend(track: np.ndarray, rule: MotionRule) -> np.ndarray:
    """(T, 3) less its mean over `trend_s` about each frame."""
    width = min(round(rule.trend_s * CLIP_RATE_HZ) | 1, len(track))
    count = np.convolve(np.ones(len(track)), np.ones(width), "same")
    trend = np.stack([np.convolve(axis, np.ones(width), "same") for axis in track.T], axis=1)
    return track - trend[: len(track)] / count[: len(track), None]
