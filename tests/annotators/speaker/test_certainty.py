"""From evidence to probability."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotators.speaker.certainty import Certainty

STRENGTHS = st.floats(-5, 30)
FRAMES = st.integers(25, 300)


@given(strength=STRENGTHS, frames=FRAMES, more=st.floats(0.1, 5))
def test_more_evidence_is_never_less_certain(strength, frames, more):
    certainty = Certainty()
    assert certainty.probability(strength + more, frames) >= certainty.probability(strength, frames)


@given(strength=STRENGTHS, frames=FRAMES)
def test_it_is_a_probability(strength, frames):
    assert 0 < Certainty().probability(strength, frames) < 1


def test_the_same_lack_of_evidence_says_more_of_a_longer_clip():
    certain = [Certainty().probability(2.0, frames) for frames in (50, 100, 200, 300)]
    assert certain == sorted(certain, reverse=True)
    assert certain[0] > 0.2
    assert certain[-1] < 0.05


def test_strangers_and_speakers_of_eight_seconds_fall_on_either_side():
    # medians of real mouths with the sound of others, and with their own
    stranger, speaker = (Certainty().probability(strength, 200) for strength in (2.5, 6.9))
    assert stranger < 0.15
    assert speaker > 0.75
    assert np.isclose(Certainty().probability(1e9, 300), 1)
