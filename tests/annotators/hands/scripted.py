"""A backend that says what it is told: hands of a talker's truth, without rendering or detecting anything."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annotators.annotator import Clip
from annotators.hands.backend import Detection
from datasets.talker.scene import make_scene, truth_of
from datasets.talker.truth import TalkerTruth

SIZE_PX = np.array([512.0, 704.0])


class ScriptedBackend:
    """Satisfies HandBackend."""

    name = "scripted"

    def __init__(self, frames: Sequence[Sequence[Detection]]):
        self._frames = frames

    def detect(self, frames: np.ndarray) -> Sequence[Sequence[Detection]]:
        return self._frames

    def close(self) -> None:
        pass


def talker_truth(seconds: float = 2.0, seed: int = 1) -> TalkerTruth:
    """The truth of a clip-sized talker; nothing is drawn."""
    scene = make_scene(seconds=seconds, shots=1, seed=seed, width_px=512, height_px=704, rate_hz=25)
    return truth_of(scene, 512, 704)


def true_hands(truth: TalkerTruth) -> list[list[Detection]]:
    """Both hands of every frame as a perfect detector would see them, left then right."""
    return [[_hand(truth, frame, side) for side in (0, 1)] for frame in range(truth.n_frames)]


def scored(hand: Detection, score: float) -> Detection:
    return replace(hand, score=score)


def noise_clip(truth: TalkerTruth) -> Clip:
    """Frames of noise, the body of the truth."""
    random = np.random.default_rng(0)
    frames = random.integers(0, 255, (truth.n_frames, 704, 512, 3), np.uint8)
    return Clip("scripted", frames, columns={"body_keypoints": body_of(truth)})


def body_of(truth: TalkerTruth) -> np.ndarray:
    """(T, 99) body keypoints: arms and wrists from the truth, all visible."""
    pose = np.zeros((truth.n_frames, 33, 3), np.float32)
    names = list(truth.body_names)
    for landmark, name in (
        (11, "left_shoulder"),
        (12, "right_shoulder"),
        (13, "left_elbow"),
        (14, "right_elbow"),
    ):
        pose[:, landmark, :2] = truth.body_2d[:, names.index(name)] / SIZE_PX
    pose[:, [15, 16], :2] = truth.keypoints_2d[:, :, 0] / SIZE_PX
    pose[..., 2] = 1.0
    return pose.reshape(len(pose), 99)


def _hand(truth: TalkerTruth, frame: int, side: int) -> Detection:
    points = truth.keypoints_3d[frame, side].astype(float)
    about_middle = points - points.mean(axis=0)
    focal_px, depth_m = float(truth.focal_px[frame]), points[:, 2].mean()
    return Detection(
        image=(truth.keypoints_2d[frame, side] / SIZE_PX).astype(np.float32),
        depth=((points[:, 2] - points[0, 2]) * focal_px / depth_m / SIZE_PX[0]).astype(np.float32),
        world=about_middle.astype(np.float32),
        score=0.95,
        label="Right" if side == 0 else "Left",  # MediaPipe's mirrored habit
    )
