"""The search for the lag, on embeddings whose lag is known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datasets.syncnet.offsets import REACH_FRAMES, lag_distances, lip_sync


def coinciding(lag: int, windows: int = 60, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of lips and of a sound that says the same `lag` frames later."""
    said = np.random.default_rng(0).normal(size=(windows + 2 * REACH_FRAMES, width))
    start = REACH_FRAMES
    return said[start : start + windows], said[start - lag : start - lag + windows]


@given(lag=st.integers(-REACH_FRAMES, REACH_FRAMES))
def test_the_lag_of_the_sound_behind_the_lips_is_found(lag):
    found = lip_sync(lag_distances(*coinciding(lag)))
    assert found.lag_frames == lag
    assert found.confidence > 1


def test_strangers_have_hardly_any_confidence():
    random = np.random.default_rng(1)
    lips, sound = random.normal(size=(2, 400, 64))
    strangers, own = lip_sync(lag_distances(lips, sound)), lip_sync(lag_distances(lips, lips))
    assert strangers.confidence < 0.1 * own.confidence


def test_confidence_is_the_median_minus_the_least():
    distances = np.full(31, 7.0)
    distances[20] = 4.5
    found = lip_sync(distances)
    assert (found.confidence, found.distance, found.lag_frames) == (2.5, 4.5, 5)


def test_the_distance_is_torchs_with_zeros_beyond_the_ends():
    lips, sound = np.random.default_rng(2).normal(size=(2, 6, 4)).astype(np.float32)
    padded = torch.nn.functional.pad(torch.from_numpy(sound), (0, 0, 15, 15))
    expected = [
        torch.nn.functional.pairwise_distance(torch.from_numpy(lips), padded[lag : lag + 6]).mean().item()
        for lag in range(31)
    ]
    assert lag_distances(lips, sound) == pytest.approx(np.array(expected), abs=1e-5)


def test_windows_that_do_not_count_change_nothing():
    lips, sound = coinciding(3)
    spoilt, counted = lips.copy(), np.ones(len(lips), bool)
    spoilt[10:30], counted[10:30] = 100.0, False
    assert lag_distances(spoilt, sound, counted) == pytest.approx(lag_distances(lips, sound, counted))
    assert lip_sync(lag_distances(spoilt, sound, counted)).lag_frames == 3
