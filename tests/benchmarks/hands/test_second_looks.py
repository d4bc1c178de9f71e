"""What second looks add is told apart from what was tracked."""

import numpy as np
import pytest

from annotators.hands.tracks import CROPPED, TRACKED, HandTracks
from benchmarks.hands import second_looks
from datasets.talker.clips import TalkerClip
from datasets.talker.truth import TalkerTruth
from tests.annotators.hands.scripted import SIZE_PX, talker_truth


def tracks(truth: TalkerTruth, origin: np.ndarray) -> HandTracks:
    """True hands where they were found; those of a crop half a hand beside their place."""
    size_px = np.ptp(truth.keypoints_2d, axis=2).max(axis=-1)[..., None, None]
    off_px = np.where(origin == CROPPED, 0.5, 0.0)[..., None, None] * size_px * [1, 0]
    image = np.where((origin > 0)[..., None, None], (truth.keypoints_2d + off_px) / SIZE_PX, np.nan)
    each, points = np.zeros(origin.shape), np.zeros((*origin.shape, 21, 3))
    return HandTracks(image, points[..., 0], points, each, each, each, each, origin, 0)


def test_the_row_says_how_many_hands_were_added_and_how_far_they_are_off(monkeypatch: pytest.MonkeyPatch):
    truth = talker_truth()
    clip = TalkerClip(np.zeros((1, 1, 1, 3), np.uint8), truth, np.zeros((1, 2), bool))
    first = np.full((truth.n_frames, 2), TRACKED)
    first[:20, 0] = 0  # 20 of 100 are missed
    second = first.copy()
    second[:10, 0] = CROPPED
    both = second_looks._Both(clip, tracks(truth, first), tracks(truth, second), 3.0, 8.0)
    monkeypatch.setattr(second_looks, "render", lambda *_, **__: [clip])
    monkeypatch.setattr(second_looks, "_looked_at_twice", lambda clips: [both] * len(clips))
    (row,) = second_looks.second_look_rows([0], seconds=2.0, hand_px=60.0)
    assert row.value == pytest.approx(90)
    assert row.parts["found_before"] == pytest.approx(0.8)
    assert row.parts["added"] == 10 * 4  # in each of four hardships
    assert row.parts["added_error"] == pytest.approx(0.5, abs=1e-6)
    assert row.parts["added_far_off"] == 1
    assert row.parts["tracked_error"] == pytest.approx(0, abs=1e-6)
    assert row.parts["cpu_ms_a_frame"] == pytest.approx(5)
