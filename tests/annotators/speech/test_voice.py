"""Where there is a voice: the real network, which comes with whisperX, against what is known of the recordings."""

import numpy as np
import pytest

from datasets.frame import AUDIO_RATE_HZ
from tests.annotators.speech.sounds import active, channels, chords, f1, turns_of

VOICE_ONLY = {"recognition": None, "diarisation": None}


def voiced(row: dict, duration_s: float) -> np.ndarray:
    """(T,) bool at 10 ms of a row's segments."""
    return active([(each["start_s"], each["end_s"]) for each in row["speech_segments"]], duration_s)


def cut(sound: np.ndarray, seconds: float) -> list[np.ndarray]:
    step = round(seconds * AUDIO_RATE_HZ)
    return [sound[start : start + step] for start in range(0, len(sound), step)]


@pytest.mark.parametrize("seconds", [30.0, 12.0, 5.0])
def test_voice_is_found_where_two_people_speak_by_turns(worker, heard, media, seconds):
    parts = cut(heard("two_speakers.wav"), seconds)
    rows = worker.rows(parts, VOICE_ONLY)
    found = np.concatenate(
        [voiced(row, len(part) / AUDIO_RATE_HZ) for row, part in zip(rows, parts, strict=True)]
    )
    turns = turns_of(media / "speech" / "two_speakers.rttm")
    truth = active([(start_s, end_s) for start_s, end_s, _ in turns], 30.0)
    assert f1(found, truth) >= 0.9
    ratio = float(np.average([row["speech_ratio"] for row in rows], weights=[len(part) for part in parts]))
    assert ratio == pytest.approx(truth.mean(), abs=0.05)


def test_silence_music_noise_and_no_track_have_no_voice(worker):
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * AUDIO_RATE_HZ).astype(np.float32)
    silence = [np.zeros(length, np.float32) for length in (2 * AUDIO_RATE_HZ, 500, 0)]
    sounds = [*silence, chords(10.0), noise, None]
    for row in worker.rows(sounds, VOICE_ONLY):
        assert row["speech_ratio"] == 0.0
        assert row["speech_segments"] == row["speech_turns"] == row["speech_words"] == []
        assert (row["speech_text"], row["speech_voices"]) == ("", 0)
        assert row["speech_language"] is None
        assert row["speech_reason"] is None


def test_both_channels_of_a_recording_are_heard(worker, heard, media):
    left, right = channels(media / "speech" / "stereo_two_speakers.wav")
    mixed = heard("stereo_two_speakers.wav")
    assert np.allclose(mixed[: len(left)], (left + right) / 2, atol=1e-3)
    duration_s = len(mixed) / AUDIO_RATE_HZ
    both, *each = (voiced(row, duration_s) for row in worker.rows([mixed, left, right], VOICE_ONLY))
    assert all(0 < (both & one).sum() / one.sum() >= 0.9 for one in each)
    assert f1(both, each[0] | each[1]) >= 0.9


def test_a_bar_that_is_higher_lets_less_pass(worker, heard):
    sound = heard("two_speakers.wav")
    usual, strict = (
        worker.rows([sound], VOICE_ONLY | bars)[0]["speech_ratio"]
        for bars in ({}, {"voice_onset": 0.99, "voice_offset": 0.98})
    )
    assert strict < usual - 0.02


def test_segments_stay_within_the_clip_and_in_order(worker, heard):
    for sound in cut(heard("two_speakers.wav"), 2.0):
        row = worker.rows([sound], VOICE_ONLY)[0]
        times = [time_s for each in row["speech_segments"] for time_s in (each["start_s"], each["end_s"])]
        assert times == sorted(times)
        assert all(0.0 <= time_s <= 2.0 for time_s in times)
        assert 0.0 <= row["speech_ratio"] <= 1.0
