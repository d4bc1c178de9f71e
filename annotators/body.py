"""The body slot: 33 pose landmarks in the picture and in metres, and where and how the torso stands."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Resources
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
    """Fills `body_keypoints`, `body_world` and `body_offset` by MediaPipe Pose; NaN where there is no body.

    Landmarks are those of each frame, without smoothing over time; the offset is explained in
    `annotators.torso`. Frames must be a clip's, in order, at 25 Hz. A clip without frames gives null rows.
    """

    name = "body"
    version = "1"
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
        rows = [self._values(track) if len(track.world) else (None, None, None) for track in tracks]
        columns = zip(*rows, strict=True) if rows else ((), (), ())
        arrays = [
            per_frame_column(column, field.type) for column, field in zip(columns, self.schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _values(self, track: PoseTrack) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        frames = len(track.world)
        camera = Camera(self._params.focal_px, CLIP_WIDTH_PX / 2, CLIP_HEIGHT_PX / 2)
        offset = torso_offset(track, camera, smooth_frames=self._params.smooth_frames)
        return track.keypoints.reshape(frames, -1), track.world.reshape(frames, -1), offset
