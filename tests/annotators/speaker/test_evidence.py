"""Correlations whose lag is known, and mouths that were made from the sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.speaker.certainty import Certainty
from annotators.speaker.evidence import EvidenceParams, evidence, lagged_correlations
from tests.annotators.speaker.voices import speaking

LAGS = np.arange(-5, 9)
PARAMS = EvidenceParams()


@given(lag=st.integers(-5, 8))
def test_a_copy_that_comes_later_correlates_at_its_lag(lag):
    values = np.random.default_rng(0).normal(size=200)
    found = lagged_correlations(values[50:150], values[50 - lag : 150 - lag], np.ones(100, bool), LAGS)
    assert LAGS[found.argmax()] == lag
    assert found.max() == pytest.approx(1)


def test_frames_that_do_not_count_change_nothing():
    values, counted = np.random.default_rng(0).normal(size=100), np.ones(100, bool)
    spoilt = values.copy()
    spoilt[20:40], counted[20:40] = 1e6, False
    assert lagged_correlations(spoilt, values, counted, np.array([0])) == pytest.approx(1)


def test_what_stands_still_correlates_with_nothing():
    moving, still = np.random.default_rng(0).normal(size=60), np.full(60, 3.0)
    assert (lagged_correlations(still, moving, np.ones(60, bool), LAGS) == 0).all()
    assert (lagged_correlations(moving, moving, np.zeros(60, bool), LAGS) == 0).all()


@pytest.mark.parametrize("lag", [-3, 0, 4])
def test_the_lag_of_the_sound_behind_the_lips_is_found(lag):
    mouth, loudness = speaking(seed=1, seconds=8)
    start, end = 10, 170
    straight = evidence(mouth[start:end], loudness[start:end], PARAMS).lag_frames
    late = evidence(mouth[start:end], loudness[start - lag : end - lag], PARAMS)
    assert abs(late.lag_frames - straight - lag) <= 1
    assert late.opening > 0.6


def test_a_mouth_goes_with_its_own_sound_and_not_with_others():
    voices = [speaking(seed, seconds=8) for seed in range(6)]
    own = [evidence(mouth, loudness, PARAMS).strength for mouth, loudness in voices]
    others = [
        evidence(mouth, loudness, PARAMS).strength
        for number, (mouth, _) in enumerate(voices)
        for other, (_, loudness) in enumerate(voices)
        if number != other
    ]
    assert min(own) > max(others)


def test_a_smile_and_a_louder_phrase_are_no_evidence():
    (mouth, _), (_, loudness) = speaking(seed=1, seconds=8), speaking(seed=2, seconds=8)
    slow = np.sin(2 * np.pi * 0.4 * np.arange(200) / 25)
    apart = evidence(mouth, loudness, PARAMS)
    together = evidence(mouth + 0.02 * slow, loudness + 5 * slow, PARAMS)
    assert (
        np.corrcoef(mouth + 0.02 * slow, loudness + 5 * slow)[0, 1]
        > np.corrcoef(mouth, loudness)[0, 1] + 0.05
    )
    assert together.opening < apart.opening + 0.1
    assert Certainty().probability(together.strength, 200) < 0.2


def test_frames_without_a_mouth_neither_help_nor_hurt():
    mouth, loudness = speaking(seed=2, seconds=8)
    holed = mouth.copy()
    holed[60:90] = np.nan
    whole, part = evidence(mouth, loudness, PARAMS), evidence(holed, loudness, PARAMS)
    assert part.lag_frames == whole.lag_frames
    assert part.opening == pytest.approx(whole.opening, abs=0.1)
    assert part.strength < whole.strength


@given(gain_db=st.floats(-30, 30), unit=st.floats(0.1, 1000))
def test_neither_the_microphone_nor_the_unit_of_the_gap_matters(gain_db, unit):
    mouth, loudness = speaking(seed=3, seconds=4)
    plain, other = evidence(mouth, loudness, PARAMS), evidence(unit * mouth, loudness + gain_db, PARAMS)
    assert other.strength == pytest.approx(plain.strength, rel=1e-6)
