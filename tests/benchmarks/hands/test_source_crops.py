"""Crops of the clip and of its larger source put a hand's landmarks in the same place."""

from types import SimpleNamespace

import numpy as np
import pytest

from annotators.hands.backend import Detection
from benchmarks.hands import source_crops
from benchmarks.hands.talkers import RawHands
from datasets.talker.clips import TalkerClip
from tests.annotators.hands.scripted import talker_truth

OFF_PX = 2.0


@pytest.mark.parametrize("scale", [1, 3])
def test_landmarks_of_a_crop_come_back_in_pixels_of_the_clip(monkeypatch: pytest.MonkeyPatch, scale: int):
    truth = talker_truth()
    raw = RawHands(
        truth.keypoints_2d.astype(float),
        np.zeros((truth.n_frames, 2, 21)),
        np.zeros((truth.n_frames, 2, 21, 3)),
    )
    raw.depth_px[5:] = np.nan  # nothing was found there
    asked = iter([(frame, side) for side in (0, 1) for frame in range(5)])

    def cropped(picture: np.ndarray, corner: np.ndarray, side_px: float) -> np.ndarray:
        """The true landmarks in sides of the crop, in place of its pixels."""
        points = truth.keypoints_2d[next(asked)] + [OFF_PX, 0]
        assert ((scale * points > corner) & (scale * points < corner + side_px)).all()
        return (scale * points - corner) / side_px

    def found(image: np.ndarray) -> list[Detection]:
        return [Detection(image, np.zeros(21), np.zeros((21, 3)), 0.9, None)]

    monkeypatch.setattr(source_crops, "enlarged", cropped)
    monkeypatch.setattr(source_crops, "detections_of", found)
    tracker = SimpleNamespace(process=lambda crop: crop, close=lambda: None)
    monkeypatch.setattr(source_crops, "load_hands", lambda **_: tracker)
    pictures = np.zeros((truth.n_frames, 1, 1, 3), np.uint8)
    clip = TalkerClip(pictures, truth, np.zeros((truth.n_frames, 2), bool))
    errors_px = source_crops._again(clip, pictures, scale, raw).errors_px
    np.testing.assert_allclose(errors_px[:5], OFF_PX, atol=1e-3)
    assert np.isnan(errors_px[5:]).all()


def test_ways_are_compared_on_hands_that_all_of_them_found():
    errors = np.full((4, 2, 21), 3.0)
    errors[0], errors[1, 0] = 100.0, np.nan
    shared = np.isfinite(errors)
    shared[0] = False
    row = source_crops._row("whole picture", [source_crops._Found(errors, 12.0)], [shared])
    assert row.value == 3.0
    assert row.parts == {"p95_px": 3.0, "cpu_ms_a_hand": 12.0, "hands_lost": 1}
