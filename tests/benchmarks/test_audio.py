"""The audio benchmark: its ground truth, and that it measures."""

import numpy as np
import pytest

from benchmarks.audio import rows
from benchmarks.audio_sounds import click_track, harmonic, matched, talker_voice, with_noise


def test_matching_takes_each_time_once_and_the_nearest_first():
    matches = matched(np.array([1.0, 1.03, 5.0]), np.array([1.02, 3.0]), within_s=0.04)
    assert (matches.recall, matches.precision) == (0.5, pytest.approx(1 / 3))
    assert matches.errors_s == pytest.approx([0.01])


def test_matching_nothing_with_nothing_is_perfect():
    matches = matched(np.zeros(0), np.zeros(0), within_s=0.04)
    assert (matches.recall, matches.precision, len(matches.errors_s)) == (1.0, 1.0, 0)


def test_clicks_stand_where_the_track_says():
    audio, clicks_s = click_track(120, seconds=2.0)
    assert np.flatnonzero(audio) == pytest.approx(clicks_s * 16_000)
    assert np.diff(clicks_s) == pytest.approx([0.5, 0.5, 0.5])


def test_a_talkers_pitch_is_known_inside_syllables_alone():
    voice = talker_voice(0, 4.0)
    known = np.isfinite(voice.pitch_hz())
    level = np.abs(voice.audio).reshape(100, 640).max(axis=1)
    assert (level[known] > 0).all()
    assert 0.2 < known.mean() < 0.7


def test_noise_has_the_level_asked_for():
    tone = harmonic(440 * np.arange(16_000) / 16_000, 440)
    noise = with_noise(tone, 20) - tone
    assert 10 * np.log10(np.mean(tone**2) / np.mean(noise**2)) == pytest.approx(20, abs=0.2)


def test_it_measures_onsets_pitch_features_and_cost():
    found = {row.measure: row for row in rows(quick=True)}
    assert len(found) == 10
    assert all(row.value is not None for row in found.values())
    assert all(row.met for name, row in found.items() if row.target is not None and "pitch and" not in name)
