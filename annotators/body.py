"""The body slot: 33 pose landmarks in the picture and in metres, and where and how the body stands."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Resources
from annotators.body_place import body_place, body_place_clip
from annotators.columns import per_frame_column
from annotators.pose import PoseTrack, PoseTracker
from annotators.torso import torso_offset
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import DEFAULT_FOCAL_PX, Camera
from datasets.schema import SLOTS


@dataclass(frozen=True)
class BodyParams:
    """What the body columns depend on besides the version."""

    focal_px: float = DEFAULT_FOCAL_PX
    smooth_frames: int = 15  # 0.6 s at 25 Hz, the length of the median on depth


class BodyAnnotator:
    """Fills the landmarks, `body_offset` and `body_place` by MediaPipe Pose; NaN where there is no body.

    Landmarks are those of each frame, without smoothing over time; the offset is explained in
    `annotators.torso`, the place in `annotators.body_place`. Frames must be a clip's, in order, at 25 Hz. A clip
    without frames gives null rows.
    """

    name = "body"
    version = "2"
    schema = SLOTS["body"]
    resources = Resources(cpus=1.0)
    environment: str | None = None

    def __init__(self, params: BodyParams | None = None) -> None:
        self._params = params or BodyParams()
        self._tracker = PoseTracker()

    @property
    def params(self) -> dict[str, Any]:
        return {"model": "mediapipe-0.10.21/pose-full", **asdict(self._params)}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order; about 25 CPU-ms a frame."""
        tracks = [self._tracker.track(clip.frames) for clip in clips]
        rows = [self._values(track) if len(track.world) else {} for track in tracks]
        columns = [_column([row.get(field.name) for row in rows], field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _values(self, track: PoseTrack) -> dict[str, np.ndarray | None]:
        """One clip's value for each column."""
        frames = len(track.world)
        camera = Camera(self._params.focal_px, CLIP_WIDTH_PX / 2, CLIP_HEIGHT_PX / 2)
        place = body_place(track)
        return {
            "body_keypoints": track.keypoints.reshape(frames, -1),
            "body_world": track.world.reshape(frames, -1),
            "body_offset": torso_offset(track, camera, smooth_frames=self._params.smooth_frames),
            "body_place": place,
            "body_place_clip": body_place_clip(place),
        }


def _column(values: list[np.ndarray | None], column_type: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_list(column_type):  # one value a clip
        return pa.array(
            [None if value is None else value.astype(np.float32) for value in values], column_type
        )
    return per_frame_column(values, column_type)
