"""Loudness of sounds whose level is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.audio.loudness import loudness_dbfs

SAMPLES = 640


def test_a_full_square_wave_is_0_dbfs_and_a_full_sine_3_below():
    square = np.resize([1.0, -1.0], 2 * SAMPLES).astype(np.float32)
    sine = np.sin(2 * np.pi * 1000 * np.arange(2 * SAMPLES) / 16_000).astype(np.float32)
    assert loudness_dbfs(square, 2) == pytest.approx([0.0, 0.0])
    assert loudness_dbfs(sine, 2) == pytest.approx([-3.01, -3.01], abs=0.01)


def test_silence_and_what_is_fainter_than_16_bits_is_minus_100():
    assert loudness_dbfs(np.zeros(SAMPLES, np.float32), 1) == pytest.approx([-100.0])
    assert loudness_dbfs(np.full(SAMPLES, 1e-7, np.float32), 1) == pytest.approx([-100.0])


def test_each_frame_hears_its_own_40_ms():
    audio = np.zeros(3 * SAMPLES, np.float32)
    audio[SAMPLES : 2 * SAMPLES] = 0.1
    assert loudness_dbfs(audio, 3) == pytest.approx([-100.0, -20.0, -100.0])


@given(st.floats(0.01, 1.0))
def test_gain_shifts_loudness_by_20_log10(gain):
    audio = np.random.default_rng(0).uniform(-1, 1, 10 * SAMPLES).astype(np.float32)
    shift = loudness_dbfs(gain * audio, 10) - loudness_dbfs(audio, 10)
    assert shift == pytest.approx(np.full(10, 20 * np.log10(gain)), abs=1e-3)


def test_a_clip_without_frames_has_no_values():
    assert loudness_dbfs(np.zeros(0, np.float32), 0).shape == (0,)
