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
    """JPEG stills in a folder: memory stays flat however long the video is."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._times_s: list[float] = []

    def wants(self, time_s: float) -> bool:
        """Whether a still is due at this time."""
        return not self._times_s or time_s >= self._times_s[-1] + SAMPLE_EVERY_S

    def add(self, time_s: float, rgb: np.ndarray) -> None:
        """Keep one still; rgb: (height, width, 3) uint8."""
        options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        if not cv2.imwrite(str(self._path(len(self._times_s))), rgb[..., ::-1], options):
            raise OSError(f"cannot write a still to {self._folder}: is the disk full?")
        self._times_s.append(time_s)

    def between(self, start_s: float, end_s: float, most: int) -> list[Sample]:
        """At most `most` stills of the half-open span, evenly spread."""
        first, last = bisect_left(self._times_s, start_s), bisect_left(self._times_s, end_s)
        count = min(most, last - first)
        chosen = np.linspace(first, last - 1, count).round().astype(int)
        return [Sample(self._times_s[i], self._read(i)) for i in chosen]

    def _read(self, index: int) -> np.ndarray:
        return cv2.imread(str(self._path(index)))[..., ::-1]

    def _path(self, index: int) -> Path:
        return self._folder / f"{index:06d}.jpg"
