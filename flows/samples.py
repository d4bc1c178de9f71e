"""Still frames of a video, about one a second, kept on disk while its shots are being found."""

from bisect import bisect_left
from pathlib import Path

import cv2
import numpy as np

from annotators.framing import Sample

SAMPLE_EVERY_S = 1.0
SAMPLE_LONG_SIDE_PX = 640
_JPEG_QUALITY = 92


class SampleStore:
    """JPEG stills in a folder: memory stays flat however long the video is.

    A still equal to the one before it shares its file, so that hours of a still picture take one.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._times_s: list[float] = []
        self._files: list[int] = []  # the number of each still's file
        self._written = 0
        self._last: np.ndarray | None = None

    def wants(self, time_s: float) -> bool:
        """Whether a still is due at this time."""
        return not self._times_s or time_s >= self._times_s[-1] + SAMPLE_EVERY_S

    def add(self, time_s: float, rgb: np.ndarray) -> None:
        """Keep one still; rgb: (height, width, 3) uint8, not to be changed afterwards."""
        if self._last is None or not np.array_equal(self._last, rgb):
            self._write(rgb)
        self._files.append(self._written - 1)
        self._times_s.append(time_s)

    def _write(self, rgb: np.ndarray) -> None:
        options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        if not cv2.imwrite(str(self._path(self._written)), rgb[..., ::-1], options):
            raise OSError(f"cannot write a still to {self._folder}: is the disk full?")
        self._last, self._written = rgb, self._written + 1

    def between(self, start_s: float, end_s: float, most: int) -> list[Sample]:
        """At most `most` stills of the half-open span, evenly spread."""
        first, last = bisect_left(self._times_s, start_s), bisect_left(self._times_s, end_s)
        count = min(most, last - first)
        chosen = np.linspace(first, last - 1, count).round().astype(int)
        return [Sample(self._times_s[i], self._read(self._files[i])) for i in chosen]

    def _read(self, number: int) -> np.ndarray:
        return cv2.imread(str(self._path(number)))[..., ::-1]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.jpg"
