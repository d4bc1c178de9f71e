"""A small lake in the true format: two kept clips with known hands, one filtered unseen, some quarantined."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from datasets.hand.camera import DEFAULT_FOCAL_PX, Camera
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix
from datasets.lake import Lake
from datasets.media.encode import encode_h264, encode_jpeg
from datasets.rows import table_of
from flows.clip_labels import ClipLabels

FRAMES = 60
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = "/raw/<script>alert(1)</script>&\"'.mp4"


def known_labels(frames: int = FRAMES) -> ClipLabels:
    """Labels whose detected points are the posed hand's own: left hand measured, right hand missing."""
    model, camera = neutral_hand(), Camera(DEFAULT_FOCAL_PX, 256, 352)
    # fingers lie along -x in the rest pose: turned to point up
    pose = np.tile(np.eye(1, 48, 2) * (np.pi / 2), (frames, 1))
    moved = np.linspace((0.08, 0.1, 1.0), (0.12, 0.1, 1.0), frames)
    posed = model.forward(
        axis_angle_to_matrix(pose.reshape(frames, 16, 3)), moved, np.zeros(10), "left"
    ).keypoints
    points = np.full((frames, 2, 21, 2), np.nan)
    points[:, 0] = camera.project(posed) / (512, 704)
    angles, mano = np.full((frames, 96), np.nan), np.full((frames, 134), np.nan)
    angles[:, :48], mano[:, 64:67] = pose, moved
    body = np.full((frames, 33, 3), np.nan)
    body[:, 11:17] = [
        (0.7, 0.3, 1),
        (0.3, 0.3, 1),
        (0.8, 0.5, 1),
        (0.2, 0.5, 1),
        (0.6, 0.6, 1),
        (0.4, 0.6, 0),
    ]
    return ClipLabels(
        body_keypoints=body.reshape(frames, 99),
        hands_keypoints=points.reshape(frames, 84),
        hands_axis_angle=angles,
        hands_mano=mano,
        hands_valid=np.tile(np.array([[1, 0]], np.uint8), (frames, 1)),
        hands_confidence=np.tile([0.75, 0.0], (frames, 1)),
        hands_betas=np.zeros(10, np.float32),
        hands_focal_px=DEFAULT_FOCAL_PX,
        hands_model="neutral",
        hands_others=7,
        hands_calibration="5f3a91c0",
    )


def picture() -> np.ndarray:
    """(704, 512, 3) a smooth grey picture with some texture."""
    rough = np.random.default_rng(0).normal(0, 60, (704, 512, 3))
    return np.clip(128 + cv2.GaussianBlur(rough, (0, 0), 4) * 4, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def clip_mp4() -> bytes:
    i420 = cv2.cvtColor(picture(), cv2.COLOR_RGB2YUV_I420)
    return encode_h264(np.tile(i420, (FRAMES, 1, 1)))


@pytest.fixture
def empty_lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory, clip_mp4: bytes) -> Lake:
    lake = Lake.open(tmp_path_factory.mktemp("report") / "lake", create=True)
    jpeg = encode_jpeg(picture())
    fill(lake, "videos", VIDEOS)
    fill(lake, "clips", [_labelled("a" * 32), _labelled("b" * 32), UNSEEN, BROKEN_CLIP])
    fill(
        lake,
        "clip_media",
        [
            {"clip_id": "a" * 32, "mp4": clip_mp4, "reference": jpeg, "n_frames": FRAMES},
            {"clip_id": "b" * 32, "mp4": clip_mp4, "reference": jpeg, "n_frames": FRAMES},
            {"clip_id": "c" * 32, "mp4": None, "reference": jpeg, "n_frames": None},
        ],
    )
    fill(lake, "runs", [RUN])
    return lake


def fill(lake: Lake, name: str, rows: list[dict[str, Any]]) -> None:
    lake.append(name, lake.write_fragments(name, table_of(name, rows)))


VIDEOS = [
    {"video_id": "v1", "uri": "/raw/talk.mp4", "dataset": "demo", "speaker": "ann", "status": "ingested"},
    {"video_id": "v2", "uri": HOSTILE, "status": "quarantined", "reason": "timeout", "detail": "<b>late</b>"},
]
UNSEEN = {
    "clip_id": "c" * 32, "video_id": "v1", "start_s": 20.0, "end_s": 21.0, "n_frames": 25,
    "keep": False, "reason": "too_short",
}  # fmt: skip
BROKEN_CLIP = {
    "clip_id": "d" * 32, "video_id": "v1", "start_s": 30.0, "end_s": 34.0, "n_frames": 100,
    "keep": False, "reason": "encode_error", "detail": "99 frames",
}  # fmt: skip
RUN = {
    "run_id": "r1", "flow": "ingest", "state": "completed", "started_at": AT, "ended_at": AT,
    "params": json.dumps({"thresholds": {"max_people": 2}}),
    "counts": json.dumps({
        "videos": 3, "videos_ingested": 1, "videos_known": 1, "videos_quarantined": 1,
        "clips": 4, "clips_kept": 2, "clips_filtered": 1, "clips_quarantined": 1, "clips_known": 0,
    }),
}  # fmt: skip


def _labelled(clip_id: str) -> dict[str, Any]:
    labels = vars(known_labels())
    source = {"name": "hands", "version": "3", "params_hash": "cafe", "run_id": "r1", "at": AT}
    start_s = 0.0 if clip_id.startswith("a") else 5.0
    return {
        "clip_id": clip_id, "video_id": "v1", "start_s": start_s, "end_s": start_s + 2.4, "n_frames": FRAMES,
        "split": "train", "keep": True, "people": 1.0, "face_height_px": 120.0, "hand_visibility": 0.5,
        "motion_speed": [0.5, None], "motion_variance": [0.01, None], "hands_src": source, "hands_rev": 1,
        **{name: _storable(value) for name, value in labels.items()},
    }  # fmt: skip


def _storable(value: Any) -> Any:
    """Arrays as lists of the type their column holds."""
    if not isinstance(value, np.ndarray):
        return value
    if value.ndim == 1 or value.dtype == np.uint8:
        return value.tolist()
    return list(value.astype(np.float16))
