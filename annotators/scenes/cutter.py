"""The shot detector: PySceneDetect's detectors propose, what lies around a proposal decides.

One pass over small frames in display order; memory holds a window of looks, plus eight bytes a frame.
Frames are counted as they come and times kept beside them, so a variable frame rate changes nothing.

What counts as a transition, and where it is placed:
- hard cut: the first frame of the new shot;
- fade through black or white: the stretch of frames past the threshold, if one of them is blank; the cut is
  in its middle, as ThresholdDetector has it. A video's blank beginning or end, and a blank stretch of
  `max_blank_frames` or more, is a shot apart, so that other shots do not hold blank frames;
- cross-dissolve: the middle of the mixed frames.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from scenedetect.detectors import ThresholdDetector

from annotators.scenes.looks import look_at
from annotators.scenes.params import SceneParams
from annotators.scenes.proposals import Blank, Fades, HardCuts
from annotators.scenes.window import REACH_FRAMES, Window

LONG_SIDE_PX = 160  # of the frames to feed: larger ones cost more CPU and found no more cuts
Transition = Literal["start", "cut", "fade"]


@dataclass(frozen=True)
class Shot:
    """Frames between two transitions, half-open, counted and timed in the source."""

    start_frame: int
    end_frame: int
    start_s: float
    end_s: float
    opens_with: Transition  # "fade" stands for dissolves too


@dataclass(frozen=True)
class _Cut:
    frame: int
    opens_with: Transition
    rank: float  # the higher of two cuts too close to each other stays


class SceneCutter:
    """Finds the shots of one video from its small frames; make a new one for each video."""

    name = "scenes"
    version = "1"

    def __init__(self, params: SceneParams | None = None) -> None:
        self._params = params or SceneParams()
        self._times_s = array("d")
        self._size_px: tuple[int, int] | None = None  # width, height of the first frame
        self._hard_cuts = HardCuts(self._params)
        self._fades = [Fades(self._params, method) for method in ThresholdDetector.Method]
        self._window = Window(self._params)
        self._proposed: set[int] = set()
        self._mixed: list[int] = []  # frames of the dissolve going on
        self._cuts: list[_Cut] = []  # hard ones
        self._dissolves: list[int] = []  # their middles
        self._blanks: list[Blank] = []

    @property
    def params(self) -> dict[str, Any]:
        """What the shots depend on besides the version; hashed into the clips' ids."""
        return self._params.model_dump()

    @property
    def times_s(self) -> Sequence[float]:
        """Times of the frames added so far, in seconds."""
        return self._times_s

    def add(self, time_s: float, small_bgr: np.ndarray) -> None:
        """Take the next frame in display order: (h, w, 3) uint8, long side about `LONG_SIDE_PX` pixels.

        A frame of another size than the first is resized to it.
        """
        frame, bgr = len(self._times_s), self._sized(small_bgr)
        look = look_at(bgr)
        self._times_s.append(time_s)
        self._window.add(look)
        self._proposed.update(self._hard_cuts.add(frame, bgr))
        for fades in self._fades:
            self._blanks.extend(fades.add(frame, look))
        if frame >= REACH_FRAMES:
            self._judge(frame - REACH_FRAMES)

    def finish(self, end_s: float) -> list[Shot]:
        """The shots in order, without gaps, the last one ending at `end_s`; none where there was no frame."""
        n_frames = len(self._times_s)
        for frame in range(max(n_frames - REACH_FRAMES, 0), n_frames):
            self._judge(frame)
        self._close_dissolve()
        for fades in self._fades:
            self._blanks.extend(fades.finish(n_frames))
        return list(self._shots(end_s))

    def _sized(self, bgr: np.ndarray) -> np.ndarray:
        size_px = (bgr.shape[1], bgr.shape[0])
        self._size_px = self._size_px or size_px
        return (
            bgr if size_px == self._size_px else cv2.resize(bgr, self._size_px, interpolation=cv2.INTER_AREA)
        )

    def _judge(self, frame: int) -> None:
        if frame in self._proposed:
            self._proposed.discard(frame)
            if self._window.is_cut(frame):
                self._cuts.append(_Cut(frame, "cut", self._window.jump(frame)))
        if self._window.is_mixed(frame):
            self._mixed.append(frame)
        elif self._mixed:
            self._close_dissolve()

    def _close_dissolve(self) -> None:
        if len(self._mixed) >= self._params.min_dissolve_frames:
            self._dissolves.append(self._mixed[len(self._mixed) // 2])
        self._mixed.clear()

    def _fade_frames(self) -> Iterator[int]:
        for blank in self._blanks:
            if blank.start_frame == 0:
                yield blank.end_frame
            elif blank.end_frame == len(self._times_s):
                yield blank.start_frame
            elif blank.end_frame - blank.start_frame >= self._params.max_blank_frames:
                yield from (blank.start_frame, blank.end_frame)
            else:
                yield (blank.start_frame + blank.end_frame) // 2

    def _near_blank(self, frame: int) -> bool:
        """Whether what looks like a dissolve there is the way to or from a blank picture."""
        reach = 2 * REACH_FRAMES
        return any(blank.start_frame - reach <= frame < blank.end_frame + reach for blank in self._blanks)

    def _shots(self, end_s: float) -> Iterator[Shot]:
        if not self._times_s:
            return
        cuts = [_Cut(0, "start", np.inf), *self._spaced()]
        ends = [(cut.frame, self._times_s[cut.frame]) for cut in cuts[1:]] + [(len(self._times_s), end_s)]
        for cut, (end_frame, shot_end_s) in zip(cuts, ends, strict=True):
            yield Shot(cut.frame, end_frame, self._times_s[cut.frame], shot_end_s, cut.opens_with)

    def _all_cuts(self) -> list[_Cut]:
        fades = [_Cut(frame, "fade", np.inf) for frame in self._fade_frames()]
        dissolves = [_Cut(frame, "fade", 0.0) for frame in self._dissolves if not self._near_blank(frame)]
        return [cut for cut in (*self._cuts, *fades, *dissolves) if 0 < cut.frame < len(self._times_s)]

    def _spaced(self) -> list[_Cut]:
        """Cuts in order, the weaker of two taken away where fewer than `min_shot_frames` lie between them."""
        kept: list[_Cut] = []
        for cut in sorted(self._all_cuts(), key=lambda cut: cut.frame):
            if kept and cut.frame - kept[-1].frame < self._params.min_shot_frames:
                kept[-1] = max(kept[-1], cut, key=lambda one: one.rank)
            else:
                kept.append(cut)
        return kept
