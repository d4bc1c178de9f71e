"""Pitch of tones, glides and syllables whose fundamental frequency is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from annotators.audio.pitch import PitchParams, pitch
from benchmarks.audio_sounds import harmonic, talker_voice, with_noise

RATE_HZ, SAMPLES = 16_000, 640


def heard(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T,) Hz, NaN where unvoiced, and (T,) strength."""
    values = pitch(audio, len(audio) // SAMPLES, PitchParams())
    return values[:, 0], values[:, 1]


@pytest.mark.parametrize("shape", ["sine", "harmonic"])
@pytest.mark.parametrize("pitch_hz", [70, 98.5, 123, 200, 347, 440, 623, 790])
def test_a_tone_has_its_pitch_in_every_frame(pitch_hz, shape):
    cycles = pitch_hz * np.arange(2 * RATE_HZ) / RATE_HZ
    tone = harmonic(cycles, pitch_hz if shape == "harmonic" else 7000)
    found_hz, strength = heard(tone)
    assert found_hz[1:-1] == pytest.approx(np.full(48, pitch_hz), rel=0.005)
    assert strength[1:-1].min() > 0.9


@pytest.mark.parametrize("octaves_a_second", [-1.5, -0.5, 0.5, 1.5])
def test_a_glide_is_followed_within_2_percent(octaves_a_second):
    seconds = np.arange(RATE_HZ) / RATE_HZ
    hz = 220 * 2 ** (octaves_a_second * (seconds - 0.5))
    found_hz, _ = heard(harmonic(np.cumsum(hz) / RATE_HZ, hz.max()))
    at_the_middle = hz[SAMPLES // 2 :: SAMPLES]
    assert found_hz[1:-1] == pytest.approx(at_the_middle[1:-1], rel=0.02)


@pytest.mark.parametrize(("snr_db", "voiced"), [(None, 0.99), (20, 0.99), (10, 0.97)])
def test_syllables_of_a_talker_have_their_pitch_within_2_percent(snr_db, voiced):
    errors, count = [], 0
    for seed in range(3):
        voice = talker_voice(seed)
        found_hz, _ = heard(voice.audio if snr_db is None else with_noise(voice.audio, snr_db))
        relative = np.abs(found_hz / voice.pitch_hz() - 1)
        errors.append(relative[np.isfinite(relative)])
        count += int(np.isfinite(voice.pitch_hz()).sum())
    every = np.concatenate(errors)
    assert len(every) >= voiced * count
    assert np.mean(every < 0.02) >= 0.98
    assert np.mean(every > 0.2) <= 0.005  # gross errors: another octave, or noise


def test_silence_is_unvoiced_and_without_strength():
    found_hz, strength = heard(np.zeros(10 * SAMPLES, np.float32))
    assert np.isnan(found_hz).all()
    assert (strength == 0).all()


def test_a_tone_that_nobody_hears_is_unvoiced():
    """Below -60 dBFS it is hum of the recording; a faint voice at -50 is one."""
    tone = harmonic(150 * np.arange(20 * SAMPLES) / RATE_HZ, 7000, level=1.0)
    assert np.isnan(heard(10 ** (-65 / 20) * tone)[0]).all()
    assert np.isfinite(heard(10 ** (-50 / 20) * tone)[0]).all()


@pytest.mark.parametrize("level", [1e-5, 1e-3, 0.1])
def test_noise_is_unvoiced(level):
    noise = level * np.random.default_rng(0).normal(size=500 * SAMPLES)
    found_hz, strength = heard(noise.astype(np.float32))
    assert np.isfinite(found_hz).mean() < 0.01
    assert strength.mean() < 0.3


def test_noise_that_rings_at_a_formant_is_unvoiced():
    """Whispered and breathed sound repeats a few times at 500 to 800 Hz, and has no pitch."""
    noise = np.random.default_rng(0).normal(size=200 * SAMPLES)
    radius, angle = np.exp(-np.pi * 150 / RATE_HZ), 2 * np.pi * 650 / RATE_HZ
    ringing = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], noise)
    found_hz, _ = heard((0.3 * ringing / np.abs(ringing).max()).astype(np.float32))
    assert np.isfinite(found_hz).mean() < 0.1  # over half, were it asked to repeat once only


def test_a_singers_vibrato_is_followed():
    """A semitone up and down six times a second."""
    seconds = np.arange(2 * RATE_HZ) / RATE_HZ
    hz = 600 * 2 ** (np.sin(2 * np.pi * 6 * seconds) / 12)
    found_hz, _ = heard(harmonic(np.cumsum(hz) / RATE_HZ, hz.max()))
    assert found_hz[1:-1] == pytest.approx(hz[SAMPLES // 2 :: SAMPLES][1:-1], rel=0.02)


def test_two_people_are_voiced_when_they_talk(recording, turns_s):
    found_hz, _ = heard(recording("two_speakers.wav", 30.0))
    middles_s = (np.arange(750) + 0.5) / 25
    talking = ((turns_s[:, :1] <= middles_s) & (middles_s <= turns_s[:, 1:])).any(axis=0)
    assert np.isfinite(found_hz[talking]).mean() > 0.75  # consonants and short pauses are the rest
    assert np.isfinite(found_hz[~talking]).mean() < 0.05


@pytest.mark.parametrize(("name", "seconds"), [("jfk.flac", 10.0), ("librispeech_61-70968-0000.flac", 4.8)])
def test_a_man_who_reads_hardly_leaves_an_octave_about_his_median(recording, name, seconds):
    """Gross errors show as other octaves and as the pitch of formants."""
    found_hz, _ = heard(recording(name, seconds))
    voiced_hz = found_hz[np.isfinite(found_hz)]
    assert len(voiced_hz) > 0.3 * len(found_hz)
    octaves = np.abs(np.log2(voiced_hz / np.median(voiced_hz)))
    assert np.mean(octaves > 1) < 0.02


def test_strength_is_the_share_of_the_power_that_repeats():
    """At 0 dB half of the power is noise below 4 kHz; of white noise up to 8 kHz, half of that again."""
    tone = harmonic(150 * np.arange(4 * RATE_HZ) / RATE_HZ, 150)
    _, strength = heard(with_noise(tone, 0))
    assert strength[1:-1].mean() == pytest.approx(0.66, abs=0.08)


@settings(max_examples=15)
@given(st.floats(0.05, 1.0))
def test_gain_changes_neither_pitch_nor_strength(gain):
    audio = talker_voice(1, 4.0).audio
    (hz, strength), (quiet_hz, quiet_strength) = heard(audio), heard(np.float32(gain) * audio)
    both = np.isfinite(hz) & np.isfinite(quiet_hz)
    assert both.sum() >= 0.95 * np.isfinite(hz).sum()  # a syllable fades through the floor a little earlier
    assert quiet_hz[both] == pytest.approx(hz[both], rel=0.02)
    assert quiet_strength[both] == pytest.approx(strength[both], abs=0.25)


@settings(max_examples=15)
@given(st.integers(0, 60))
def test_sound_that_comes_so_many_frames_later_has_its_pitch_so_many_frames_later(frames):
    audio = talker_voice(1, 4.0).audio
    later = np.concatenate([np.zeros(frames * SAMPLES, np.float32), audio])
    (hz, strength), (later_hz, later_strength) = heard(audio), heard(later)
    np.testing.assert_allclose(later_hz[frames:], hz, rtol=1e-4)
    np.testing.assert_allclose(later_strength[frames:], strength, atol=1e-4)


@pytest.mark.parametrize("frames", [0, 1])
def test_the_shortest_clip_has_a_row_a_frame(frames):
    assert pitch(np.zeros(frames * SAMPLES, np.float32), frames, PitchParams()).shape == (frames, 2)
