"""The frames around one moment, and whether a shot ends there."""

from collections import deque

import cv2
import numpy as np

from annotators.scenes.looks import Look, distance, likeness
from annotators.scenes.params import SceneParams

REACH_FRAMES = 12  # looks kept on each side of the frame in question
_STEP_REACH_FRAMES = 6
_MIX_REACHES_FRAMES = (8, 12)  # half of a short and of a long dissolve


class Window:
    """The last looks of a video by frame number; answers for frames `REACH_FRAMES` behind the newest."""

    def __init__(self, params: SceneParams) -> None:
        self._params = params
        self._looks: deque[Look] = deque(maxlen=2 * REACH_FRAMES + 1)
        self._steps: deque[float] = deque(maxlen=2 * REACH_FRAMES + 1)  # from the frame before
        self.end_frame = 0  # one past the newest

    def add(self, look: Look) -> None:
        self._steps.append(_step(self._looks[-1].thumb, look.thumb) if self._looks else 0.0)
        self._looks.append(look)
        self.end_frame += 1

    def jump(self, frame: int) -> float:
        """How far the thumbnail moved from `frame - 1` to `frame`, mean of 8-bit levels."""
        return self._steps[frame - self._first]

    def is_cut(self, frame: int) -> bool:
        """Whether `frame` shows another shot than `frame - 1`: it stands out, lasts, and neither is blank."""
        jump = self.jump(frame)
        if jump < self._params.min_jump or self._is_blank(frame) or self._is_blank(frame - 1):
            return False
        return self._stands_out(frame, jump) and not self._returns(frame, jump)

    def is_mixed(self, frame: int) -> bool:
        """Whether `frame` is an even mixture of unlike pictures before and after it, as in a dissolve."""
        return any(self._mixes(frame - reach, frame, frame + reach) for reach in _MIX_REACHES_FRAMES)

    def _mixes(self, before: int, frame: int, after: int) -> bool:
        if before < self._first or after >= self.end_frame or self._is_blank(before) or self._is_blank(after):
            return False
        left, right = self._thumb(before), self._thumb(after)
        change = distance(left, right)
        if change < self._params.min_dissolve:
            return False
        residual = distance(self._thumb(frame), cv2.addWeighted(left, 0.5, right, 0.5, 0))
        mixed = residual <= self._params.max_dissolve_residual * change
        return mixed and likeness(left, right) <= self._params.max_dissolve_likeness

    def _stands_out(self, frame: int, jump: float) -> bool:
        """Whether the step to `frame` is far above all around it but one, or above one side of it."""
        before = [
            self.jump(other) for other in range(max(frame - _STEP_REACH_FRAMES, self._first + 1), frame)
        ]
        after = [
            self.jump(other)
            for other in range(frame + 1, min(frame + 1 + _STEP_REACH_FRAMES, self.end_frame))
        ]
        second = sorted([0.0, 0.0, *before, *after])[-2]  # the largest may be another cut
        if likeness(self._thumb(frame - 1), self._thumb(frame)) > self._params.max_cut_likeness:
            return jump >= max(self._params.min_standout_alike * second, self._params.min_jump_alike)
        if jump >= self._params.min_standout * second:
            return True
        quieter = min(max(before, default=0.0), max(after, default=0.0))
        return jump >= max(self._params.min_onset * quieter, self._params.min_onset_jump)

    def _returns(self, frame: int, jump: float) -> bool:
        """Whether the old picture comes back soon after `frame`, or the new one was there shortly before."""
        limit = self._params.max_return * jump
        reach = range(1, self._params.flash_frames + 1)
        last, new = self._thumb(frame - 1), self._thumb(frame)
        later = (distance(last, self._thumb(frame + k)) for k in reach if frame + k < self.end_frame)
        earlier = (distance(self._thumb(frame - 1 - k), new) for k in reach if frame - 1 - k >= self._first)
        return any(apart < limit for apart in later) or any(apart < limit for apart in earlier)

    def _is_blank(self, frame: int) -> bool:
        look, params = self._looks[frame - self._first], self._params
        extreme = look.brightness < params.floor or look.brightness >= params.ceiling
        return extreme and look.contrast <= params.max_blank_contrast

    def _thumb(self, frame: int) -> np.ndarray:
        return self._looks[frame - self._first].thumb

    @property
    def _first(self) -> int:
        return self.end_frame - len(self._looks)


def _step(old: np.ndarray, new: np.ndarray) -> float:
    """The change in the upper or the lower two thirds, whichever is less: a caption is no step."""
    third = len(old) // 3
    return min(distance(old[third:], new[third:]), distance(old[:-third], new[:-third]))
