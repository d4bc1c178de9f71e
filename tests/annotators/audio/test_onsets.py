"""Onsets of clicks and syllables whose starts are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.audio.onsets import OnsetParams, onsets_s
from benchmarks.audio_sounds import click_track, matched, talker_voice, with_noise

FRAME_S, SAMPLES = 0.04, 640


def found_in(audio: np.ndarray) -> np.ndarray:
    return onsets_s(audio, OnsetParams())


@pytest.mark.parametrize("snr_db", [None, 20])
@pytest.mark.parametrize("beats_a_minute", [47, 60, 90, 120, 180, 240])
def test_every_click_is_found_to_10_ms_and_nothing_else(beats_a_minute, snr_db):
    audio, clicks_s = click_track(beats_a_minute)
    matches = matched(found_in(audio if snr_db is None else with_noise(audio, snr_db)), clicks_s, FRAME_S)
    assert (matches.recall, matches.precision) == (1.0, 1.0)
    assert np.abs(matches.errors_s).max() < 0.010


@pytest.mark.parametrize(("snr_db", "recall"), [(None, 0.99), (30, 0.99), (20, 0.95), (10, 0.7)])
def test_syllables_of_a_talker_are_found_within_a_frame(snr_db, recall):
    """At 10 dB the faint syllables, a quarter as loud as the stressed ones, drown."""
    voices = [talker_voice(seed) for seed in range(3)]
    sounds = [voice.audio if snr_db is None else with_noise(voice.audio, snr_db) for voice in voices]
    matches = [
        matched(found_in(sound), voice.starts_s, FRAME_S) for sound, voice in zip(sounds, voices, strict=True)
    ]
    assert np.mean([match.recall for match in matches]) >= recall
    assert np.mean([match.precision for match in matches]) >= 0.95
    assert np.abs(np.concatenate([match.errors_s for match in matches])).mean() < 0.005


@pytest.mark.parametrize("level", [0.0, 1e-5, 1e-3, 0.1])
def test_nothing_begins_in_silence_or_steady_noise(level):
    noise = level * np.random.default_rng(0).normal(size=60 * 16_000)
    assert len(found_in(noise.astype(np.float32))) == 0


def test_nothing_begins_in_a_steady_tone_that_was_there_before():
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(5 * 16_000) / 16_000)
    assert len(found_in(tone.astype(np.float32))) == 0


def test_a_tone_begins_once_and_its_end_is_no_beginning():
    tone = np.zeros(2 * 16_000, np.float32)
    tone[8_000:24_000] = (
        0.3 * np.sin(2 * np.pi * 220 * np.arange(16_000) / 16_000) * np.hanning(16_000) ** 0.1
    )
    assert found_in(tone) == pytest.approx([0.5], abs=0.010)


@settings(max_examples=15)
@given(st.floats(0.05, 1.0))
def test_onsets_do_not_move_under_gain(gain):
    audio = with_noise(talker_voice(1, 4.0).audio, 30)
    assert found_in(np.float32(gain) * audio) == pytest.approx(found_in(audio), abs=0.003)


@settings(max_examples=15)
@given(st.integers(0, 60))
def test_sound_that_comes_so_many_frames_later_begins_so_much_later(frames):
    audio = talker_voice(1, 4.0).audio
    later = np.concatenate([np.zeros(frames * SAMPLES, np.float32), audio])
    assert found_in(later) == pytest.approx(found_in(audio) + frames * FRAME_S, abs=0.003)


@pytest.mark.parametrize("samples", [0, 1, 640])
def test_the_shortest_sound_has_no_onset(samples):
    assert found_in(np.full(samples, 0.5, np.float32)).shape == (0,)


def test_flicker_of_the_last_bit_is_no_sound():
    """As codecs leave it in pauses: bursts of one step of 16 bits in digital silence."""
    bursts = np.repeat(np.random.default_rng(0).random(100) < 0.5, 1600)
    flicker = np.random.default_rng(1).integers(-1, 2, len(bursts)) * bursts / 32768
    assert len(found_in(flicker.astype(np.float32))) == 0


def test_almost_all_onsets_of_a_conversation_are_in_its_turns(recording, turns_s):
    """Two to five a second there: about one a syllable."""
    onsets = found_in(recording("two_speakers.wav", 30.0))
    in_turns = ((turns_s[:, :1] - 0.1 <= onsets) & (onsets <= turns_s[:, 1:] + 0.1)).any(axis=0)
    assert (~in_turns).sum() <= 2
    assert 2 < in_turns.sum() / (30 - turns_s[0, 0]) < 5
