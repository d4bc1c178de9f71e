"""The body slot: 33 pose landmarks in the picture and in metres, and where and how the body stands."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.body_place import body_place, body_place_clip
from annotators.columns import slot_column
from annotators.pose import PoseTrack, PoseTracker
from annotators.torso import torso_offset
from datasets.hand.camera import DEFAULT_FOCAL_PX, clip_camera
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
    reads: tuple[str, ...] = ()
    needs: Needs = "pictures"

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
        columns = [slot_column([row.get(field.name) for row in rows], field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _values(self, track: PoseTrack) -> dict[str, np.ndarray | None]:
        """One clip's value for each column."""
        frames = len(track.world)
        camera = clip_camera(self._params.focal_px)
        place = body_place(track)
        return {
            "body_keypoints": track.keypoints.reshape(frames, -1),
            "body_world": track.world.reshape(frames, -1),
            "body_offset": torso_offset(track, camera, smooth_frames=self._params.smooth_frames),
            "body_place": place,
            "body_place_clip": body_place_clip(place),
        }
