import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.style.sound import SoundRule, held_notes, measure_sound, steady_beat

RULE = SoundRule()
FRAME_S = 0.04


def hz(semitones: np.ndarray) -> np.ndarray:
    return 220 * 2 ** (np.asarray(semitones, float) / 12)


def test_notes_of_half_a_second_are_held_with_their_vibrato_and_glides_are_not():
    notes = np.repeat([0, 4, 7, 5], 12) + 0.3 * np.sin(2 * np.pi * 5.5 * FRAME_S * np.arange(48))
    assert held_notes(hz(notes), RULE) == pytest.approx((1.0, 7.0), abs=0.6)
    glide = np.tile(np.linspace(0, -6, 12), 4)  # half an octave in half a second, as phrases fall
    assert held_notes(hz(glide), RULE)[0] == 0


def test_a_note_shorter_than_a_third_of_a_second_is_not_held():
    notes = np.repeat([0, 4, 0, 4, 0, 4], 6)
    assert held_notes(hz(notes), RULE) == (0.0, 0.0)


def test_a_drum_that_hides_the_pitch_now_and_then_ends_no_note():
    pitch_hz = hz(np.repeat([0, 5], 20))
    pitch_hz[::6] = np.nan
    held, notes_range = held_notes(pitch_hz, RULE)
    assert held > 0.9
    assert notes_range == pytest.approx(5)


def test_silence_holds_nothing():
    assert held_notes(np.full(50, np.nan), RULE) == held_notes(np.zeros(0), RULE) == (0.0, 0.0)


def test_regular_onsets_are_a_beat_of_their_period():
    strength, period_s = steady_beat(0.1 + 0.6 * np.arange(16), RULE)
    assert strength > 0.95
    assert 0.6 / period_s == pytest.approx(round(0.6 / period_s), rel=0.02)  # or of a half of it, or a third


def test_onsets_at_random_are_no_beat():
    random = np.random.default_rng(0)
    strengths = [steady_beat(np.sort(random.uniform(0, 10, 20)), RULE)[0] for _ in range(50)]
    assert np.median(strengths) < 0.15


def test_few_onsets_are_no_beat():
    assert steady_beat(np.arange(5) * 0.5, RULE) == (0.0, None)


def test_quiet_frames_do_not_count_against_the_voice():
    pitch = np.stack([np.r_[hz(np.zeros(30)), np.full(70, np.nan)], np.ones(100)], axis=1)
    loudness = np.r_[np.full(60, -20.0), np.full(40, -80.0)][:, None]
    assert measure_sound(pitch, loudness, None, RULE).voiced == pytest.approx(0.5)
    assert measure_sound(pitch, None, None, RULE).voiced == pytest.approx(0.3)


def test_what_nobody_measured_is_none():
    sound = measure_sound(None, None, None, RULE)
    assert (sound.voiced, sound.held, sound.notes_range, sound.beat, sound.beat_period_s) == (None,) * 5


@given(st.lists(st.none() | st.floats(60, 800), max_size=60), st.lists(st.floats(0, 20), max_size=40))
def test_every_share_lies_between_0_and_1(pitches, onsets):
    pitch = np.array([[np.nan if each is None else each, 0.9] for each in pitches]).reshape(-1, 2)
    sound = measure_sound(pitch, None, np.sort(onsets), RULE)
    for share in (sound.voiced, sound.held, sound.beat):
        assert share is None or 0 <= share <= 1
