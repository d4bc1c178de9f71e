"""Constant-rate pictures from frames that come when they like: sample and hold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX, CropBox
from datasets.media.decode import HALF_MICROSECOND_S, DecodedFrame, VideoReader
from datasets.media.errors import MediaError
from datasets.reasons import Reason

_MAX_HELD_FRAMES = 2  # output frames that the last picture may stand in for when a track ends early
_PREROLL_S = 10.0  # decoding on is cheaper than seeking where the next span starts this soon


@dataclass(frozen=True)
class ClipSpan:
    """A stretch of one video to cut: n_frames at 25 Hz from start_s, showing nothing from end_s on."""

    start_s: float  # from the first picture
    end_s: float
    n_frames: int
    crop: CropBox  # display pixels


def resample(
    frames: Iterable[DecodedFrame],
    start_s: float,
    n_frames: int,
    rate_hz: float = CLIP_RATE_HZ,
    *,
    end_s: float | None = None,
) -> Iterator[DecodedFrame]:
    """n_frames frames: the one on screen at start_s + i / rate_hz, the first where none is earlier.

    Nothing from end_s on is shown; the frame before it is held. Where the track ends, its last frame is held
    for as long as the one before it, plus two output frames; MediaError(DECODE_ERROR) when more is missing.
    """
    yield from _Playhead(iter(frames)).play(start_s, n_frames, rate_hz, end_s)


def read_spans(
    path: Path, spans: Sequence[ClipSpan], *, buffer: np.ndarray | None = None
) -> Iterator[np.ndarray | MediaError]:
    """For each span, in order: (n_frames, 1056, 512) uint8 I420 at 25 Hz, or the MediaError that spoilt it.

    Spans stand in order of start_s. The file is opened once and decoded forward, skipping long gaps; one clip
    is in memory at a time if the caller keeps none. With a `buffer` (T or more, 1056, 512) clips that fit are views
    of it, each valid until the next is asked for. Raises MediaError when the file cannot be opened,
    ValueError when spans are out of order.
    """
    if any(later.start_s < earlier.start_s for earlier, later in pairwise(spans)):
        raise ValueError("spans must stand in order of start_s")
    with VideoReader(path) as reader:
        playhead: _Playhead | None = None
        for span in spans:
            within_s = _PREROLL_S if reader.can_seek else float("inf")
            if playhead is None or not playhead.is_before(span.start_s, within_s):
                playhead = _Playhead(reader.frames(start_s=span.start_s))
            yield _read_span(playhead, span, buffer)


def clip_memory(n_frames: int) -> np.ndarray:
    """Room for clips of up to n_frames in I420: (n_frames, 1056, 512) uint8, not initialised."""
    return np.empty((n_frames, CLIP_HEIGHT_PX * 3 // 2, CLIP_WIDTH_PX), np.uint8)


def _read_span(playhead: "_Playhead", span: ClipSpan, buffer: np.ndarray | None) -> np.ndarray | MediaError:
    fits = buffer is not None and len(buffer) >= span.n_frames
    clip = buffer[: span.n_frames] if buffer is not None and fits else clip_memory(span.n_frames)
    shown: DecodedFrame | None = None
    try:
        for index, frame in enumerate(playhead.play(span.start_s, span.n_frames, CLIP_RATE_HZ, span.end_s)):
            clip[index] = clip[index - 1] if frame is shown else frame.i420(span.crop)
            shown = frame
    except MediaError as error:
        return error
    return clip


class _Playhead:
    """A position in a stream of frames that only moves forward."""

    def __init__(self, frames: Iterator[DecodedFrame]) -> None:
        self._frames = frames
        self._current = next(frames, None)
        self._upcoming = next(frames, None)
        self._last_step_s = 0.0

    def is_before(self, time_s: float, within_s: float) -> bool:
        """Whether time_s lies ahead, and by at most within_s."""
        if self._current is None:
            return False
        return -HALF_MICROSECOND_S <= time_s - self._current.time_s <= within_s

    def play(
        self, start_s: float, n_frames: int, rate_hz: float, end_s: float | None
    ) -> Iterator[DecodedFrame]:
        """The frame on screen at each output time; see `resample`."""
        for index in range(n_frames):
            time_s = start_s + index / rate_hz
            frame = self._at(time_s if end_s is None else min(time_s, end_s - 2 * HALF_MICROSECOND_S))
            if frame is None or time_s > self._held_until_s(frame, rate_hz):
                missing = f"{n_frames - index} of {n_frames} frames are missing"
                raise MediaError(Reason.DECODE_ERROR, f"the video ends before {time_s:.2f} s, {missing}")
            yield frame

    def _at(self, time_s: float) -> DecodedFrame | None:
        while self._upcoming is not None and self._upcoming.time_s <= time_s + HALF_MICROSECOND_S:
            if self._current is not None:
                self._last_step_s = self._upcoming.time_s - self._current.time_s
            self._current, self._upcoming = self._upcoming, next(self._frames, None)
        return self._current

    def _held_until_s(self, frame: DecodedFrame, rate_hz: float) -> float:
        """Until when this frame may be shown: for ever if another follows, else about one more step."""
        if self._upcoming is not None:
            return float("inf")
        return frame.time_s + max(self._last_step_s, 1 / rate_hz) + _MAX_HELD_FRAMES / rate_hz
