"""The face slot: lips, eyelids and place of the speaker's face, and SyncNet's word where its weights are here."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.columns import slot_column
from annotators.face import measures
from annotators.face.crop import CropParams, head_path
from annotators.face.mesh import MESH_NAME, FaceMesher
from annotators.settings import FaceParams
from datasets.frame import CLIP_RATE_HZ
from datasets.models import find_model, missing_sentence
from datasets.schema import BODY_POINTS, SLOTS

if TYPE_CHECKING:
    from annotators.face.sync import LipSyncer

_NO_FACE = "no face was found in the clip"
_LITTLE_FACE = "a face was found in too few frames in a row to compare lips and sound"
_NO_SOUND = "the clip has no sound"


class FaceAnnotator:
    """Fills the slot `face` by MediaPipe Face Mesh; NaN in frames without a face, null in a clip without frames.

    Frames must be a clip's, in order, at 25 Hz. The face is the one at the head of `body_keypoints`; without that
    column, or a body in it, whichever is found. About 6 CPU-ms a frame; SyncNet, where its weights are here, 75.
    """

    name = "face"
    version = "1"
    schema = SLOTS["face"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ("body",)
    needs: Needs = "pictures"

    def __init__(self, params: FaceParams | None = None) -> None:
        self._params = params or FaceParams()
        self._crop = CropParams()
        self._mesher = FaceMesher()
        self._found = find_model(self._params.syncnet)
        self._syncer = self._loaded() if self._found else None

    @property
    def params(self) -> dict[str, Any]:
        stamp = self._found.stamp if self._found else None
        return {"model": MESH_NAME, "crop": asdict(self._crop), "syncnet": stamp}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order."""
        rows = [self._row(clip) if len(clip.frames) else {} for clip in clips]
        columns = [slot_column([row.get(column.name) for row in rows], column.type) for column in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _loaded(self) -> "LipSyncer":
        from annotators.face.sync import LipSyncer  # torch takes seconds

        assert self._found is not None
        return LipSyncer(self._found, self._params.device)

    def _row(self, clip: Clip) -> dict[str, Any]:
        """Values by column; those that are missing are null."""
        size_px = (clip.frames.shape[2], clip.frames.shape[1])
        path = head_path(_body(clip), size_px, len(clip.frames), self._crop)
        points = self._mesher.track(clip.frames, path)
        box = measures.box(points, size_px)
        seen = float(np.isfinite(box[:, 0]).mean())
        return {
            "face_mouth": measures.mouth(points),
            "face_eyes": measures.eyes(points),
            "face_box": box,
            "face_seen": seen,
        } | self._sync(clip, box, size_px, seen)

    def _sync(self, clip: Clip, box: np.ndarray, size_px: tuple[int, int], seen: float) -> dict[str, Any]:
        """SyncNet's columns, or why they are null."""
        if clip.audio is None or not seen:
            return {"face_reason": _NO_SOUND if seen else _NO_FACE}
        if self._syncer is None or self._found is None:
            return {"face_reason": missing_sentence(self._params.syncnet)}
        corners = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1) * [*size_px, *size_px]
        fit = self._syncer.of(clip.frames, corners, clip.audio)
        if fit is None:
            return {"face_reason": _LITTLE_FACE}
        return {
            "face_sync": fit.confidence,
            "face_sync_lag_s": fit.lag_frames / CLIP_RATE_HZ,
            "face_sync_model": self._found.stamp,
        }


def _body(clip: Clip) -> np.ndarray | None:
    """(T, 33, 3) landmarks, None without."""
    column = clip.columns.get("body_keypoints")
    if column is None or len(column) != len(clip.frames):
        return None
    return np.asarray(column, float).reshape(-1, BODY_POINTS, 3)
