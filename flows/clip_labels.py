"""The annotation columns of clips as numpy, and the posed hands that they describe."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import lance
import numpy as np
import pyarrow as pa

from datasets.counts import is_in
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import Camera, clip_camera
from datasets.hand.layout import split_mano
from datasets.hand.maps import HandMeshes, hand_meshes
from datasets.hand.model import SIDES, HandModel
from datasets.hand.rotations import axis_angle_to_matrix
from datasets.schema import MANO_WIDTH


@dataclass(frozen=True)
class ClipLabels:
    """The columns of one clip under their own names; None for what is null or what its lake lacks."""

    body_keypoints: np.ndarray | None = None  # (T, 99)
    body_world: np.ndarray | None = None  # (T, 99)
    body_offset: np.ndarray | None = None  # (T, 7)
    hands_keypoints: np.ndarray | None = None  # (T, 84)
    hands_axis_angle: np.ndarray | None = None  # (T, 96)
    hands_mano: np.ndarray | None = None  # (T, 134)
    hands_std: np.ndarray | None = None  # (T, 38)
    hands_valid: np.ndarray | None = None  # (T, 2)
    hands_confidence: np.ndarray | None = None  # (T, 2)
    hands_clarity: np.ndarray | None = None  # (T, 2)
    hands_score: np.ndarray | None = None  # (T, 2)
    hands_betas: np.ndarray | None = None  # (10,)
    hands_others: int | None = None
    hands_focal_px: float | None = None
    hands_model: str | None = None
    hands_calibration: str | None = None
    face_mouth: np.ndarray | None = None  # (T, 2)
    audio_loudness: np.ndarray | None = None  # (T, 1)
    speech_ratio: float | None = None
    speech_text: str | None = None
    speech_language: str | None = None
    speech_segments: list[dict[str, Any]] | None = None
    speech_turns: list[dict[str, Any]] | None = None
    speaker_score: float | None = None
    speaker_lag_s: float | None = None
    speaker_voices: int | None = None
    style_guess: str | None = None
    style_told: str | None = None
    style_told_by: str | None = None
    reference_jpeg: bytes | None = None
    reference_frame: int | None = None

    @property
    def camera(self) -> Camera | None:
        """The pinhole the hands were fitted with, in clip pixels."""
        if self.hands_focal_px is None:
            return None
        return clip_camera(self.hands_focal_px)

    def detected(self, frames: Sequence[int]) -> np.ndarray | None:
        """(n, 2, 21, 2) the detector's landmarks in these frames, as fractions of the clip."""
        return rows_of(self.hands_keypoints, frames, (2, 21, 2))


def read_labels(table: lance.LanceDataset, ids: Sequence[str]) -> dict[str, ClipLabels]:
    """The labels of these clips by id. A column that the table lacks is None: older lakes have fewer."""
    held = [column.name for column in fields(ClipLabels) if column.name in table.schema.names]
    found = table.to_table(columns=["clip_id", *held], filter=is_in("clip_id", ids))
    return {
        clip: ClipLabels(**{name: _value(found[name][i]) for name in held})
        for i, clip in enumerate(found["clip_id"].to_pylist())
    }


def rows_of(column: np.ndarray | None, frames: Sequence[int], shape: tuple[int, ...]) -> np.ndarray | None:
    """Rows `frames` of a (T, N) column in float64 as (n, *shape); None where the column is null or empty."""
    if column is None or not len(column):
        return None
    return np.asarray(column[list(frames)], float).reshape(len(frames), *shape)


def posed_keypoints(labels: ClipLabels, frames: Sequence[int], model: HandModel | None) -> np.ndarray | None:
    """(n, 2, 21, 2) the stored MANO hands projected to fractions of the clip; None if a part is missing."""
    parameters = _parameters(labels, frames)
    if model is None or parameters is None or labels.camera is None:
        return None
    angles, translation, betas = parameters
    both = [
        labels.camera.project(
            model.forward(axis_angle_to_matrix(angles[:, i]), translation[:, i], betas, side).keypoints
        )
        for i, side in enumerate(SIDES)
    ]
    return np.stack(both, axis=1) / (CLIP_WIDTH_PX, CLIP_HEIGHT_PX)


def posed_meshes(labels: ClipLabels, frames: Sequence[int], model: HandModel | None) -> HandMeshes | None:
    """The stored MANO hands of these frames as surfaces in metres; None if a part is missing."""
    parameters = _parameters(labels, frames)
    valid = rows_of(labels.hands_valid, frames, (2,))
    if model is None or parameters is None or valid is None:
        return None
    angles, translation, betas = parameters
    return hand_meshes(model, angles, translation, valid, betas)


def _parameters(
    labels: ClipLabels, frames: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Axis-angle (n, 2, 16, 3), translation (n, 2, 3), betas (10,)."""
    angles = rows_of(labels.hands_axis_angle, frames, (2, 16, 3))
    mano = rows_of(labels.hands_mano, frames, (MANO_WIDTH,))
    if angles is None or mano is None or labels.hands_betas is None:
        return None
    return angles, split_mano(mano)[1], np.asarray(labels.hands_betas, float)


def _value(scalar: pa.Scalar) -> Any:
    """A list of numbers as an array (T, N) or (N,), anything else as plain Python; None for null."""
    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.FixedSizeListScalar):
        return scalar.values.to_numpy(zero_copy_only=False)
    if isinstance(scalar, pa.ListScalar) and pa.types.is_fixed_size_list(scalar.type.value_type):
        width = scalar.type.value_type.list_size
        return scalar.values.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    return scalar.as_py()
