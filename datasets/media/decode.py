"""Decoded frames of one video, in display order, with times that count from its first picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Self

import av
import cv2
import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX, CropBox
from datasets.media.container import decoded, is_indexed, open_video, tick_s
from datasets.media.errors import MediaError
from datasets.media.geometry import DisplayGeometry
from datasets.media.picture import Target, i420_to_rgb, to_i420, to_rgb
from datasets.media.probe import VideoFacts, display_geometry, facts_of
from datasets.reasons import Reason

__all__ = ["HALF_MICROSECOND_S", "DecodedFrame", "VideoReader", "i420_to_rgb"]

HALF_MICROSECOND_S = 0.5e-6  # times closer than this are the same time; containers count in more
_DEFAULT_RATE_HZ = 25.0  # for frames without a time in a file without a rate
_RESTART_S = 1.0  # a step back by more is a clock that starts again, by less a frame out of order
_MAX_GAP_S = 600.0  # a step ahead by more is a broken clock, not a still picture
_SEEK_MARGINS_S = (0.0, 2.0, 10.0)  # an index by decoding time may point a few frames too late


@dataclass(frozen=True)
class DecodedFrame:
    """One picture; it holds the decoder's memory, so keep few of them."""

    time_s: float  # from the first picture of the video
    index: int | None  # counted from the first picture; None after a seek
    picture: av.VideoFrame
    geometry: DisplayGeometry

    def small_bgr(self, long_side_px: int) -> np.ndarray:
        """(h, w, 3) uint8 BGR as displayed, even sizes, the same for every frame; cheap, unsmoothed."""
        target = Target(self.geometry.whole(), *self.geometry.fitted(long_side_px))
        small = to_i420(self.picture, self.geometry, target, smooth=False)
        return cv2.cvtColor(small, cv2.COLOR_YUV2BGR_I420)

    def rgb(self, long_side_px: int | None = None) -> np.ndarray:
        """(h, w, 3) uint8 RGB as displayed, square pixels; at full size unless told, never enlarged.

        Sizes are even with `long_side_px`, and exactly the displayed size without.
        """
        if long_side_px is None:
            target = Target(self.geometry.whole(), self.geometry.width_px, self.geometry.height_px)
            return to_rgb(self.picture, self.geometry, target)
        target = Target(self.geometry.whole(), *self.geometry.fitted(long_side_px))
        small = to_i420(self.picture, self.geometry, target, smooth=True)
        return cv2.cvtColor(small, cv2.COLOR_YUV2RGB_I420)

    def i420(
        self, crop: CropBox, width_px: int = CLIP_WIDTH_PX, height_px: int = CLIP_HEIGHT_PX
    ) -> np.ndarray:
        """(height * 3 / 2, width) uint8 BT.601 limited range: `crop` resized to an even size.

        Outside the picture its edge is repeated.
        """
        return to_i420(self.picture, self.geometry, Target(crop, width_px, height_px), smooth=True)


class VideoReader:
    """Reads one video's frames; a context manager. Decoding errors cost their frames and no more.

    loop_filter=False is for looking at small pictures only (see open_video).
    Raises MediaError when the file cannot be opened or not one frame decodes.
    """

    def __init__(self, path: Path, *, loop_filter: bool = True) -> None:
        self._path, self._loop_filter = path, loop_filter
        self._container, self._stream = open_video(path, loop_filter=loop_filter)
        try:
            self._pictures = decoded(self._container, self._stream)
            self._fresh = True
            first = next(self._pictures, None)
            if first is None:
                raise MediaError(Reason.NO_FRAMES, f"{path.name}: no frame of its video track decodes")
            self._first = first
            self.facts: VideoFacts = facts_of(self._container, self._stream, first)
            self.geometry: DisplayGeometry = display_geometry(self._stream, first)
        except BaseException:
            self.close()
            raise

    @property
    def can_seek(self) -> bool:
        """Whether starting late is cheaper than decoding from the beginning."""
        return is_indexed(self._container)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the decoder; frames already given out stay valid."""
        self._container.close()

    def frames(self, start_s: float | None = None, end_s: float | None = None) -> Iterator[DecodedFrame]:
        """Frames with strictly increasing time_s, from the one on screen at start_s to the last before end_s.

        One call at a time: a new call takes the file over from an earlier one.
        """
        source = self._from(start_s or 0.0)
        on_screen: DecodedFrame | None = None
        for frame in source:
            if frame.time_s <= (start_s or 0.0) + HALF_MICROSECOND_S:
                on_screen = frame
                continue
            if on_screen is not None:
                yield on_screen
                on_screen = None
            if end_s is not None and frame.time_s >= end_s - HALF_MICROSECOND_S:
                return
            yield frame
        if on_screen is not None:
            yield on_screen

    def _from(self, start_s: float) -> Iterator[DecodedFrame]:
        """Frames from some time at or before start_s, by seeking where the index can be trusted."""
        if start_s <= 0 or not self.can_seek:
            return self._from_beginning()
        for margin_s in _SEEK_MARGINS_S:
            frames = self._sought(start_s - margin_s)
            landed = next(frames, None)
            if landed is not None and landed.time_s <= start_s + HALF_MICROSECOND_S:
                return chain([landed], frames)
        return self._from_beginning()

    def _sought(self, time_s: float) -> Iterator[DecodedFrame]:
        self._fresh = False
        target = (self._first.pts or 0) + round(max(0.0, time_s) / tick_s(self._stream))
        try:
            self._container.seek(target, stream=self._stream, backward=True)
        except av.FFmpegError:
            return iter(())
        return self._timed(decoded(self._container, self._stream), counted=False)

    def _from_beginning(self) -> Iterator[DecodedFrame]:
        if not self._fresh:
            self.close()
            self._container, self._stream = open_video(self._path, loop_filter=self._loop_filter)
            self._pictures = decoded(self._container, self._stream)
            next(self._pictures, None)  # the first picture is kept
        self._fresh = False
        return self._timed(chain([self._first], self._pictures), counted=True)

    def _timed(self, pictures: Iterator[Any], *, counted: bool) -> Iterator[DecodedFrame]:
        """Pictures with a time each that only grows; those out of order are dropped."""
        clock = _Clock(self._first, tick_s(self._stream), self.facts.announced_rate_hz)
        index = 0
        for picture in pictures:
            time_s = clock.time_s(picture)
            if time_s is None:
                continue
            yield DecodedFrame(time_s, index if counted else None, picture, self.geometry)
            index += 1


class _Clock:
    """Turns a track's timestamps into strictly increasing seconds since the first picture."""

    def __init__(self, first: av.VideoFrame, tick_s: float, rate_hz: float | None) -> None:
        self._zero = first.pts if first.pts is not None else (first.dts or 0)
        self._tick_s = tick_s
        self._interval_s = 1 / (rate_hz or _DEFAULT_RATE_HZ)
        self._last_s: float | None = None
        self._offset_s = 0.0

    def time_s(self, picture: av.VideoFrame) -> float | None:
        """The picture's time; None for one that is not later than the picture before it."""
        stamp = picture.pts if picture.pts is not None else picture.dts
        time_s = self._expected_s() if stamp is None else self._stamped_s(stamp)
        if self._last_s is not None and self._is_broken(time_s - self._last_s):
            self._offset_s += self._expected_s() - time_s
            time_s = self._expected_s()
        if self._last_s is not None and time_s <= self._last_s:
            return None
        self._last_s = time_s
        return time_s

    def _stamped_s(self, stamp: int) -> float:
        return (stamp - self._zero) * self._tick_s + self._offset_s

    def _expected_s(self) -> float:
        return 0.0 if self._last_s is None else self._last_s + self._interval_s

    @staticmethod
    def _is_broken(step_s: float) -> bool:
        return step_s < -_RESTART_S or step_s > _MAX_GAP_S
