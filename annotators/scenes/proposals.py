"""PySceneDetect's detectors, set up to propose freely: the cutter's own checks take away what is wrong."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

from annotators.scenes.looks import Look, likeness
from annotators.scenes.params import SceneParams


@lru_cache(maxsize=1)  # three detectors ask for each frame
def frame_number(index: int) -> FrameTimecode:
    """A frame for PySceneDetect, which only compares and subtracts these: the rate does not matter."""
    return FrameTimecode(index, fps=25.0)


class OneCallAdaptiveDetector(AdaptiveDetector):
    """AdaptiveDetector with the same scores from one OpenCV call instead of its numpy sums.

    It holds for the default weights: hue, saturation and luma alike, no edges.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._last_hsv: np.ndarray | None = None

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: np.ndarray) -> float:
        last, self._last_hsv = self._last_hsv, cv2.cvtColor(frame_img, cv2.COLOR_BGR2HSV)
        if last is None:
            return 0.0
        return cv2.norm(self._last_hsv, last, cv2.NORM_L1) / last.size


class HardCuts:
    """AdaptiveDetector without a minimum shot length: every frame that changes more than its neighbours."""

    def __init__(self, params: SceneParams) -> None:
        self._detector = OneCallAdaptiveDetector(
            adaptive_threshold=params.min_ratio, min_content_val=params.min_content, min_scene_len=0
        )
        self.delay_frames = self._detector.event_buffer_length

    def add(self, index: int, bgr: np.ndarray) -> list[int]:
        """First frames of proposed shots, at most `delay_frames` behind `index`."""
        return [cut.frame_num for cut in self._detector.process_frame(frame_number(index), bgr)]


@dataclass(frozen=True)
class Blank:
    """A stretch of black or white frames, half-open, that parts two shots."""

    start_frame: int
    end_frame: int


class Fades:
    """ThresholdDetector in one direction; keeps the stretches with blank frames between unlike shots."""

    def __init__(self, params: SceneParams, method: ThresholdDetector.Method) -> None:
        level = params.floor if method is ThresholdDetector.Method.FLOOR else params.ceiling
        self._params = params
        # a bias of -1 puts the cut on the first frame of the stretch
        self._detector = ThresholdDetector(threshold=level, min_scene_len=0, fade_bias=-1.0, method=method)
        self._before: Look | None = None  # the last look on this side of the threshold
        self._flattest = float("inf")  # least contrast within the stretch

    def add(self, index: int, look: Look) -> list[Blank]:
        """The stretch that ended right before frame `index`, if one did."""
        pixel = np.full((1, 1, 3), look.brightness)  # the detector only takes the mean
        starts = [cut.frame_num for cut in self._detector.process_frame(frame_number(index), pixel)]
        if self._detector.last_fade["type"] == "out":
            self._flattest = min(self._flattest, look.contrast)
            return []
        found = [Blank(start, index) for start in starts if self._parts(start, index, look)]
        self._before, self._flattest = look, float("inf")
        return found

    def _parts(self, start: int, end: int, after: Look) -> bool:
        if self._flattest > self._params.max_blank_contrast:
            return False  # a dark shot, not a fade
        if self._before is None or end - start > self._params.flash_frames:
            return True
        return likeness(self._before.thumb, after.thumb) < self._params.max_flash_likeness

    def finish(self, n_frames: int) -> list[Blank]:
        """The stretch that lasts to the end of the video, if there is one."""
        blank = (
            self._detector.last_fade["type"] == "out" and self._flattest <= self._params.max_blank_contrast
        )
        return [Blank(self._detector.last_fade["frame"].frame_num, n_frames)] if blank else []
