from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from annotators.hands.backend import Detection
from annotators.hands.external import BackendError
from benchmarks.hands import backends
from datasets.hand.camera import clip_camera
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix

FRAMES, SIZE_PX = 8, (512, 704)
MIDDLES_PX = {"left": (330, 400), "right": (180, 400)}  # the speaker faces us


def clip() -> SimpleNamespace:
    """Both hands, still and 110 px large, in front of grey."""
    points = []
    for seed, side in enumerate(("left", "right")):
        pose = axis_angle_to_matrix(np.random.default_rng(seed).normal(0, 0.3, (1, 16, 3)))
        points.append(neutral_hand().forward(pose, np.zeros((1, 3)), np.zeros(10), side).keypoints[0])
    space = np.broadcast_to(np.stack(points), (FRAMES, 2, 21, 3))
    flat = 600 * space[..., :2] + np.array(list(MIDDLES_PX.values()))[:, None]
    truth = SimpleNamespace(
        keypoints_3d=space,
        keypoints_2d=flat,
        camera=clip_camera(900.0),
    )
    return SimpleNamespace(frames=np.full((FRAMES, SIZE_PX[1], SIZE_PX[0], 3), 128, np.uint8), truth=truth)


def body(of: SimpleNamespace) -> np.ndarray:
    """A pose whose wrists are the hands' and whose arms hang down to them."""
    pose = np.full((FRAMES, 33, 3), np.nan)
    pose[..., 2] = 1
    wrists = of.truth.keypoints_2d[:, :, 0]
    for points, offset in (((15, 16), (0, 0)), ((13, 14), (0, -150)), ((11, 12), (0, -300))):
        pose[:, points, :2] = (wrists + offset) / SIZE_PX
    return pose


class Known:
    """A backend that sees the truth with an error of its own, in the first frames only."""

    name = "known"

    def __init__(self, of: SimpleNamespace, noise_m: float, frames: int = FRAMES):
        self._truth, self._noise_m, self._frames = of.truth, noise_m, frames

    def detect(self, frames: np.ndarray) -> list[list[Detection]]:
        return [self._hands(frame) if frame < self._frames else [] for frame in range(len(frames))]

    def _hands(self, frame: int) -> list[Detection]:
        noise = self._noise_m * frame * np.random.default_rng(frame).normal(size=(2, 21, 3))
        world = self._truth.keypoints_3d[frame] + noise
        image = self._truth.keypoints_2d[frame] / SIZE_PX
        return [
            Detection(image[hand], np.full(21, np.nan), world[hand] - world[hand].mean(axis=0), 0.9, label)
            for hand, label in enumerate(("Right", "Left"))
        ]

    def close(self) -> None:
        pass


def test_a_backend_that_sees_the_truth_has_no_error_and_one_that_misses_frames_finds_fewer():
    shown = clip()
    measured = backends.measure(Known(shown, 0.0, frames=6), [shown], [body(shown)])
    row = backends._row("known", "known", measured)
    assert row.value == pytest.approx(0, abs=1e-3)
    assert row.parts["image_p95"] == pytest.approx(0, abs=1e-6)
    assert row.parts["found"] == pytest.approx(6 / 8)


def test_disagreement_with_a_backend_that_is_right_follows_the_error():
    shown = clip()
    erring, right = (backends.measure(Known(shown, noise), [shown], [body(shown)]) for noise in (0.002, 0.0))
    row = backends._pair_row("erring", "right", erring, right)
    assert row.value > 0.7
    assert row.parts["hands"] == 2 * FRAMES


def test_backends_that_are_not_configured_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("EMO2_BACKENDS", str(tmp_path / "backends.toml"))
    starters = backends._starters()
    assert list(starters) == ["mediapipe", "wilor", "hamer"]
    for kind in ("wilor", "hamer"):
        with pytest.raises(BackendError, match=r"not configured in .*backends\.toml: see docs/hands\.md"):
            starters[kind]()
