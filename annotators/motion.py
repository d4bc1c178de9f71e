"""The motion slot: how fast and how far each wrist moves, seen from the body; motion buckets are made of these.

The paper steers each hand by the variance of its translation (section 3.3) and tells it apart from the motion of
the body. Here a wrist's place is taken from the middle of the shoulders, along the torso's axes (`body_offset`):
across to the person's left, down the spine, out of the back.

The torso is measured anew in each frame, and its jitter would count as motion of the hand. So its place and
rotation are steadied first. `benchmarks/hands/body.py` compares definitions on ten rendered talkers of 6 s, five of
whom sway by up to 12 cm and turn by up to 35 degrees, with true wrists and measured torsos. Mean error in the
natural logarithm of a clip's variance, of its speed, and of the variance of windows of 48 frames:

                                            standing            swaying
    torso as measured                       0.16  0.06  0.21    0.30  0.23  0.39
    place as measured, the clip's rotation  0.13  0.07  0.18    0.52  0.18  0.51
    the clip's place and rotation           0.08  0.03  0.07    1.12  0.29  0.96
    torso steadied, as stored               0.09  0.01  0.12    0.36  0.13  0.40
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.columns import per_frame_column
from annotators.torso import steady_offset
from datasets.frame import CLIP_RATE_HZ
from datasets.hand.layout import NONE
from datasets.hand.rotations import quaternion_to_matrix
from datasets.motion.windows import motion_sums, window_speed, window_variance
from datasets.schema import SLOTS


@dataclass(frozen=True)
class MotionParams:
    """How the torso is steadied; see the module's first lines."""

    median_frames: int = 15  # 0.6 s at 25 Hz
    smooth_frames: float = 5.0  # standard deviation of the Gaussian, 0.2 s


class MotionAnnotator:
    """Fills `motion_speed`, `motion_variance` and `motion_sums` from the hand columns and `body_offset`.

    Interpolated frames count as measured ones do. They bridge at most five frames, and what is lost is mostly
    fast: where thirty talkers lost 21 % of their frames that way, leaving the bridges out made speed 21 % too
    small, counting them 5 % (`benchmarks/hands/body.py`); variance was less than 4 % off either way.

    A clip where no body was found, or without the column, is taken in the camera frame as if the body stood
    still. Items of speed and variance are null where a hand was seen in too few frames (see
    `datasets.motion.windows`); a clip whose hand columns are null has null items and null sums. Raises KeyError
    where a clip comes without hand columns.
    """

    name = "motion"
    version = "2"
    schema = SLOTS["motion"]
    resources = Resources(cpus=0.1)
    environment: str | None = None
    reads: tuple[str, ...] = ("body", "hands")
    needs: Needs = "columns"

    def __init__(self, params: MotionParams | None = None) -> None:
        self._params = params or MotionParams()

    @property
    def params(self) -> dict[str, Any]:
        return {"rate_hz": CLIP_RATE_HZ, **asdict(self._params)}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order: left, right."""
        sums = [self._sums(clip) for clip in clips]
        values = {
            "motion_speed": [_whole_clip(window_speed, each) for each in sums],
            "motion_variance": [_whole_clip(window_variance, each) for each in sums],
        }
        columns = [pa.array(values[name], type=self.schema.field(name).type) for name in values]
        columns.append(per_frame_column(sums, self.schema.field("motion_sums").type))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _sums(self, clip: Clip) -> np.ndarray | None:
        """(T, 14) of a clip with hands, else None."""
        for column in ("hands_wrist", "hands_valid"):
            if column not in clip.columns:
                raise KeyError(f"clip {clip.clip_id} has no {column}: run the hands annotator before motion")
        wrist, valid = clip.columns["hands_wrist"], clip.columns["hands_valid"]
        if wrist is None or valid is None or not len(wrist):
            return None
        wrists = np.asarray(wrist, float).reshape(-1, 2, 3)
        places = from_body(wrists, clip.columns.get("body_offset"), self._params)
        seen = (np.asarray(valid).reshape(-1, 2) != NONE) & np.isfinite(places).all(axis=-1)
        return motion_sums(places, seen)


def from_body(wrists: np.ndarray, offset: np.ndarray | None, params: MotionParams) -> np.ndarray:
    """(T, 2, 3) metres: wrists (T, 2, 3) of the camera frame in the frame of the steadied torso.

    offset: (T, 7) the column `body_offset`; None, or NaN in every frame, leaves the wrists in the camera frame.
    """
    steady = (
        None
        if offset is None
        else steady_offset(
            np.asarray(offset), median_frames=params.median_frames, smooth_frames=params.smooth_frames
        )
    )
    if steady is None:
        return wrists
    axes = quaternion_to_matrix(steady[:, 3:])
    return np.einsum("tij,tsi->tsj", axes, wrists - steady[:, None, :3])


def _whole_clip(measure: Any, sums: np.ndarray | None) -> list[float | None]:
    """The measure of the clip as one window; None for a hand that was seen too rarely."""
    if sums is None:
        return [None, None]
    return [None if np.isnan(value) else float(value) for value in measure(sums, 0, len(sums))]
