"""The `hands` slot: MANO parameters, landmarks and scores of the speaker's two hands in every frame."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Resources
from annotators.columns import per_frame_column
from annotators.hands.clarity import clarity
from annotators.hands.detect import HAND_LANDMARKS, Detection, HandDetector
from annotators.hands.landmarks import spatial_landmarks
from annotators.hands.sides import NOBODY, SideCosts, assign_sides
from annotators.hands.solve import HandPoses, solve
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import DEFAULT_FOCAL_PX, Camera
from datasets.hand.model import N_BETAS, SIDES, HandModel
from datasets.hand.neutral import neutral_hand
from datasets.schema import BODY_POINTS, SLOTS

BODY_COLUMN = "body_keypoints"
_SIZE_PX = (CLIP_WIDTH_PX, CLIP_HEIGHT_PX)


@dataclass(frozen=True)
class HandsParams:
    """What the labels depend on; see `HandDetector` and `SideCosts`."""

    max_hands: int = 2
    min_detection: float = 0.5
    min_tracking: float = 0.5
    focal_px: float = DEFAULT_FOCAL_PX
    sides: SideCosts = field(default_factory=SideCosts)


@dataclass(frozen=True)
class HandTracks:
    """The speaker's left and right hand over a clip; NaN in frames without one."""

    image: np.ndarray  # (T, 2, 21, 2) fractions of the clip's width and height
    depth: np.ndarray  # (T, 2, 21) behind the wrist, fractions of the clip's width
    world: np.ndarray  # (T, 2, 21, 3) metres about the hand's own centre, axes of the viewing ray
    score: np.ndarray  # (T, 2) the detector's, 0 without a hand
    clarity: np.ndarray  # (T, 2), 0 without a hand

    @property
    def valid(self) -> np.ndarray:
        """(T, 2) 1 where a hand was measured, else 0."""
        return np.isfinite(self.image).all(axis=(2, 3)).astype(np.uint8)


class HandsAnnotator:
    """Labels the speaker's hands; reads `body_keypoints` where the body annotator came before.

    A frame without a hand has valid, confidence and clarity 0 and NaN in every other per-frame column: no
    number stands there that could be taken for a pose. Shape is not fitted yet (betas are zero), nor is focal
    length.
    """

    name = "hands"
    version = "1"
    schema = SLOTS["hands"]
    resources = Resources(cpus=1.0)
    environment: str | None = None

    def __init__(self, params: HandsParams | None = None):
        self._params = params or HandsParams()
        self._model: HandModel = neutral_hand()
        self._camera = Camera(self._params.focal_px, CLIP_WIDTH_PX / 2, CLIP_HEIGHT_PX / 2)
        self._detector = HandDetector(
            max_hands=self._params.max_hands,
            min_detection=self._params.min_detection,
            min_tracking=self._params.min_tracking,
        )

    @property
    def params(self) -> dict[str, Any]:
        return {**asdict(self._params), "model": self._model.name}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        rows = [self._annotate_clip(clip) for clip in clips]
        columns = [_column([row[field.name] for row in rows], field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def close(self) -> None:
        self._detector.close()

    def _annotate_clip(self, clip: Clip) -> dict[str, Any]:
        """One clip's value for each column."""
        detections = self._detector.detect(clip.frames)
        body = clip.columns.get(BODY_COLUMN)
        pose = None if body is None else np.asarray(body, float).reshape(len(clip.frames), BODY_POINTS, 3)
        chosen = assign_sides(detections, pose, _SIZE_PX, self._params.sides)
        tracks = follow(clip.frames, detections, chosen)
        betas = np.zeros(N_BETAS)
        return {
            **_pose_columns(self._poses(tracks, betas)),
            **_track_columns(tracks),
            "hands_betas": betas.astype(np.float32),
            "hands_focal_px": self._params.focal_px,
            "hands_model": self._model.name,
        }

    def _poses(self, tracks: HandTracks, betas: np.ndarray) -> list[HandPoses]:
        """Left, then right."""
        poses = []
        for index, side in enumerate(SIDES):
            image_px, depth_px = tracks.image[:, index] * _SIZE_PX, tracks.depth[:, index] * CLIP_WIDTH_PX
            points = spatial_landmarks(image_px, depth_px, tracks.world[:, index], self._camera)
            poses.append(solve(self._model, side, image_px, points, self._camera, betas))
        return poses


def follow(frames: np.ndarray, detections: Sequence[Sequence[Detection]], chosen: np.ndarray) -> HandTracks:
    """The chosen detections as arrays. chosen: (T, 2) indices into each frame's detections, -1 for none."""
    count = len(detections)
    image = np.full((count, 2, HAND_LANDMARKS, 2), np.nan)
    depth = np.full((count, 2, HAND_LANDMARKS), np.nan)
    world = np.full((count, 2, HAND_LANDMARKS, 3), np.nan)
    score, sharpness = np.zeros((count, 2)), np.zeros((count, 2))
    for frame, side in np.argwhere(chosen != NOBODY):
        hand = detections[frame][chosen[frame, side]]
        image[frame, side], depth[frame, side], world[frame, side] = hand.image, hand.depth, hand.world
        score[frame, side] = hand.score
        sharpness[frame, side] = clarity(frames[frame], hand.image)
    return HandTracks(image, depth, world, score, sharpness)


def _pose_columns(poses: Sequence[HandPoses]) -> dict[str, np.ndarray]:
    """Columns of the solved hands, left then right."""
    mano = [np.concatenate([_flat(pose.quaternions), pose.translation], axis=1) for pose in poses]
    return {
        "hands_mano": np.concatenate(mano, axis=1),
        "hands_axis_angle": np.concatenate([_flat(pose.axis_angle) for pose in poses], axis=1),
        "hands_wrist": np.concatenate([pose.wrist for pose in poses], axis=1),
    }


def _track_columns(tracks: HandTracks) -> dict[str, np.ndarray]:
    """Columns of what was measured, left then right."""
    return {
        "hands_keypoints": _flat(tracks.image),
        "hands_depth": _flat(tracks.depth),
        "hands_world": _flat(tracks.world),
        "hands_valid": tracks.valid,
        "hands_confidence": tracks.score,
        "hands_clarity": tracks.clarity,
    }


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), int(np.prod(values.shape[1:])))


def _column(values: list[Any], column_type: pa.DataType) -> pa.Array:
    per_frame = pa.types.is_list(column_type) and pa.types.is_fixed_size_list(column_type.value_type)
    return per_frame_column(values, column_type) if per_frame else pa.array(values, type=column_type)
