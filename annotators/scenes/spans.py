"""Shots cut to the length of clips."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotators.scenes.cutter import Shot
from datasets.frame import CLIP_RATE_HZ, MAX_CLIP_FRAMES, MIN_CLIP_FRAMES
from datasets.reasons import Reason

_TINY_S = 1e-6  # below any container's frame spacing, above the rounding of sums of seconds


@dataclass(frozen=True)
class Span:
    """A shot, or an equal part of one: what one clip is made of."""

    start_frame: (
        int  # source frames whose times lie in [start_s, end_s), half-open; none where a frame is held long
    )
    end_frame: int
    start_s: float
    end_s: float
    n_frames: int  # samples at 25 Hz: start_s, start_s + 1/25, ... before end_s
    reason: Reason | None  # TOO_SHORT, or None


def split_shots(shots: Iterable[Shot], times_s: Sequence[float] | None = None) -> list[Span]:
    """The spans of the shots, in order and without gaps.

    A shot of more than 300 samples at 25 Hz becomes the fewest equal parts that fit, on the shot's own 25 Hz
    grid; a shot of fewer than 50 stays whole and is TOO_SHORT.
    times_s: the times of all source frames (`SceneCutter.times_s`), which tell in which part a frame lies;
    without them a shot's frames are taken as evenly spaced.
    """
    return [span for shot in shots for span in _split(shot, times_s)]


def _split(shot: Shot, times_s: Sequence[float] | None) -> list[Span]:
    n_frames = max(math.ceil((shot.end_s - shot.start_s - _TINY_S) * CLIP_RATE_HZ), 0)
    n_parts = max(math.ceil(n_frames / MAX_CLIP_FRAMES), 1)
    samples = [n_frames * part // n_parts for part in range(n_parts + 1)]
    inner_s = [shot.start_s + sample / CLIP_RATE_HZ for sample in samples[1:-1]]
    bounds_s = [shot.start_s, *inner_s, shot.end_s]
    frames = [shot.start_frame, *(_frame_at(shot, at_s, times_s) for at_s in inner_s), shot.end_frame]
    reason = Reason.TOO_SHORT if n_frames < MIN_CLIP_FRAMES else None
    return [
        Span(frames[i], frames[i + 1], bounds_s[i], bounds_s[i + 1], samples[i + 1] - samples[i], reason)
        for i in range(n_parts)
    ]


def _frame_at(shot: Shot, at_s: float, times_s: Sequence[float] | None) -> int:
    """The shot's first frame that is not before `at_s`."""
    if times_s is not None:
        return bisect_left(times_s, at_s - _TINY_S, shot.start_frame, shot.end_frame)
    part = (at_s - _TINY_S - shot.start_s) / (shot.end_s - shot.start_s)
    return shot.start_frame + math.ceil(part * (shot.end_frame - shot.start_frame))
