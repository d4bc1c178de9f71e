"""Noise that was put on true hands is found again."""

import numpy as np
import pytest

from benchmarks.hands.pixel_noise import noise_of, noise_rows
from benchmarks.hands.talkers import RawHands
from datasets.talker.clips import TalkerClip
from datasets.talker.truth import TalkerTruth
from tests.annotators.hands.scripted import talker_truth

SHARE = 0.02


@pytest.fixture(scope="module")
def clips() -> list[TalkerClip]:
    truths = [talker_truth(seed=seed) for seed in (1, 2)]
    frames = [np.broadcast_to(np.uint8(0), (truth.n_frames, 704, 512, 3)) for truth in truths]
    return [TalkerClip(each, truth, np.zeros((0, 2))) for each, truth in zip(frames, truths, strict=True)]


def seen(truth: TalkerTruth, errors: np.ndarray, failed: int = 0) -> RawHands:
    """True hands with `errors` (T, 2, 21, 2) in hand sizes; the first frames' a whole picture away."""
    size_px = np.ptp(truth.keypoints_2d, axis=2).max(axis=-1)[..., None, None]
    image_px = truth.keypoints_2d + size_px * errors
    image_px[:failed] += 300
    points = truth.keypoints_3d.astype(float)
    depth_m = points[..., 2] - points[..., :1, 2]
    depth_px = depth_m * truth.camera.focal_px / points[..., 2].mean(axis=-1, keepdims=True)
    return RawHands(image_px, depth_px, points - points.mean(axis=2, keepdims=True))


def white(clip: TalkerClip, seed: int) -> np.ndarray:
    return SHARE * np.random.default_rng(seed).normal(size=(clip.truth.n_frames, 2, 21, 2))


def test_independent_noise_is_found_with_its_size_and_without_correlation(clips: list[TalkerClip]):
    noise = noise_of(clips, [seen(clip.truth, white(clip, n)) for n, clip in enumerate(clips)])
    assert noise.image_share == pytest.approx(SHARE, rel=0.05)
    assert noise.correlation == pytest.approx(0, abs=0.05)
    assert noise.outlier_share < 0.01


def test_noise_that_lasts_is_correlated(clips: list[TalkerClip]):
    steady = [np.broadcast_to(white(clip, n)[:1], white(clip, n).shape) for n, clip in enumerate(clips)]
    noise = noise_of(clips, [seen(clip.truth, each) for clip, each in zip(clips, steady, strict=True)])
    assert noise.correlation > 0.9


def test_outliers_and_whole_failures_are_counted_and_do_not_widen_the_noise(clips: list[TalkerClip]):
    raw = []
    for number, clip in enumerate(clips):
        errors = white(clip, number)
        errors[:, :, 3] += 1.0  # one landmark of 21
        raw.append(seen(clip.truth, errors, failed=10))
    noise = noise_of(clips, raw)
    assert noise.image_share == pytest.approx(SHARE, rel=0.15)
    assert noise.outlier_share == pytest.approx(1 / 21, rel=0.1)
    picture, _ = noise_rows(clips, raw)
    assert picture.value == pytest.approx(100 * noise.image_share)
    assert picture.parts["hands_failed"] == pytest.approx(10 / 50)
