"""MFCC against what their formulas say must hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.syncnet.mfcc import mel_bands, mfcc

RATE_HZ = 16_000


@pytest.mark.parametrize(
    ("samples", "frames"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (640 * 25, 99)]
)
def test_there_is_a_vector_for_every_10_ms_begun_after_the_first_window(samples, frames):
    assert mfcc(np.zeros(samples)).shape == (frames, 13)


def test_silence_has_the_least_energy_and_no_shape():
    silent = mfcc(np.zeros(1600))
    assert silent[:, 0] == pytest.approx(np.log(np.finfo(float).eps))
    assert np.abs(silent[:, 1:]).max() < 1e-9


@given(gain=st.floats(0.01, 10), sound=arrays(float, 1200, elements=st.floats(-0.1, 0.1)))
def test_a_gain_moves_the_energy_alone(gain, sound):
    noise = np.random.default_rng(0).normal(0, 0.01, 1200)  # no band is empty
    before, after = mfcc(sound + noise), mfcc(gain * (sound + noise))
    assert after[:, 0] - before[:, 0] == pytest.approx(2 * np.log(gain), abs=1e-6)
    assert after[:, 1:] == pytest.approx(before[:, 1:], abs=1e-6)


def test_the_first_coefficient_is_the_energy_of_the_emphasised_window():
    sound = np.random.default_rng(1).normal(0, 0.1, 400)
    steps = sound * 32768
    emphasised = np.append(steps[0], steps[1:] - 0.97 * steps[:-1])
    spectrum = np.abs(np.fft.rfft(emphasised, 512)) ** 2 / 512
    assert mfcc(sound)[0, 0] == pytest.approx(np.log(spectrum.sum()))


def test_a_vector_depends_on_its_own_25_ms_and_the_sample_before():
    random = np.random.default_rng(2)
    one, other = random.normal(0, 0.1, (2, 3200))
    other[1599:2000] = one[1599:2000]  # the window of vector 10
    assert mfcc(one)[10] == pytest.approx(mfcc(other)[10])
    assert mfcc(one)[11] != pytest.approx(mfcc(other)[11])


@pytest.mark.parametrize("tone_hz", [300, 1000, 3000, 6000])
def test_a_tone_lies_in_the_bands_about_it(tone_hz):
    bin_of_tone = round(tone_hz / RATE_HZ * 512)
    weights = mel_bands()[:, bin_of_tone]
    highest_mel = 2595 * np.log10(1 + 8000 / 700)
    band = 2595 * np.log10(1 + tone_hz / 700) / highest_mel * 27 - 1  # bands peak at 1, 2, ... 26 of 27 steps
    assert weights.sum() == pytest.approx(1, abs=0.35)  # between two peaks, and bins are coarse
    assert weights @ np.arange(26) / weights.sum() == pytest.approx(band, abs=0.5)


def test_a_rising_spectrum_and_a_falling_one_differ_in_sign():
    low, high = (np.sin(2 * np.pi * hz * np.arange(3200) / RATE_HZ) for hz in (200, 6000))
    assert mfcc(low)[5, 1] > mfcc(high)[5, 1]
