import numpy as np

from datasets.talker.script import Syllable
from datasets.talker.speech import mouth_opening, speak

SYLLABLE = Syllable(start_s=0.95, length_s=0.2, pitch_hz=120, loudness=0.5, vowel=0, stressed=True)


def test_a_syllable_sounds_from_its_start_to_its_end_across_blocks():
    samples = np.concatenate(list(speak([SYLLABLE], 2.5)))
    assert len(samples) == 120_000
    loud = np.flatnonzero(np.abs(samples) > 0.01) / 48_000
    assert 0.95 <= loud[0] < 0.965
    assert 1.1 < loud[-1] < 1.15
    assert 0.3 < np.abs(samples).max() <= 0.5


def test_the_voice_has_the_pitch_it_was_given():
    samples = np.concatenate(list(speak([SYLLABLE], 2)))[int(1.0 * 48_000) : int(1.1 * 48_000)]
    autocorrelation = np.correlate(samples, samples, "full")[len(samples) - 1 :]
    period = 200 + np.argmax(autocorrelation[200:800])
    assert abs(48_000 / period - 120) < 12


def test_the_mouth_opens_with_the_syllable_and_is_closed_before_and_after():
    times = np.arange(50) / 25
    opening = mouth_opening([SYLLABLE], times)
    assert opening[(times < 0.9) | (times > 1.25)].max() == 0
    assert opening[26] > 0.6  # 1.04 s, the middle
    assert opening.max() <= 1
