from pathlib import Path

import numpy as np
import pytest

from datasets.media.audio import decode_flac, encode_flac, read_audio, speech_track
from datasets.media.errors import MediaError
from tests.datasets.media.synthetic import grey_frames, write_sound, write_video

RATE_HZ = 16_000


def clicks(rate_hz: int, times_s: list[float], seconds: float = 1.0) -> np.ndarray:
    """(1, S): 5 ms bursts of a 1 kHz tone."""
    samples = np.zeros(round(seconds * rate_hz))
    tone = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(rate_hz // 200) / rate_hz)
    for time_s in times_s:
        start = round(time_s * rate_hz)
        samples[start : start + len(tone)] = tone
    return samples[None]


def onsets_s(samples: np.ndarray | None) -> list[float]:
    """Times at which it gets loud after at least 20 ms of silence."""
    assert samples is not None
    loud = np.flatnonzero(np.abs(samples) > 0.3)
    return [float(loud[i]) / RATE_HZ for i in range(len(loud)) if i == 0 or loud[i] - loud[i - 1] > 320]


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100, 48000])
def test_sound_keeps_its_time_at_any_rate(tmp_path: Path, rate_hz: int):
    path = write_sound(tmp_path / "s.mkv", clicks(rate_hz, [0.1, 0.5, 0.9]), rate_hz)
    samples = read_audio(path, 0.0, 1.0)
    assert samples is not None
    assert (samples.shape, samples.dtype) == ((16000,), np.float32)
    assert onsets_s(samples) == pytest.approx([0.1, 0.5, 0.9], abs=0.001)


@pytest.mark.parametrize(
    ("picture_starts_ms", "sound_starts_ms"), [(0, 0), (300, 0), (0, 200), (300, 300), (2000, 1900)]
)
def test_the_zero_of_sound_is_the_first_picture(tmp_path: Path, picture_starts_ms: int, sound_starts_ms: int):
    starts = {"picture_starts_ms": picture_starts_ms, "sound_starts_ms": sound_starts_ms}
    path = write_sound(tmp_path / "s.mkv", clicks(48000, [0.5, 0.8]), 48000, **starts)
    delay_s = (sound_starts_ms - picture_starts_ms) / 1000
    assert onsets_s(read_audio(path, 0.0, 1.2)) == pytest.approx([0.5 + delay_s, 0.8 + delay_s], abs=0.0015)


@pytest.mark.parametrize("start_s", [0.3, 2.0, 7.45])
def test_a_later_stretch_is_a_cut_of_the_whole(tmp_path: Path, start_s: float):
    rng = np.random.default_rng(0)
    noise = np.repeat(rng.uniform(-0.5, 0.5, 2000), 48)[None, :]
    path = write_sound(tmp_path / "s.mkv", np.tile(noise, 5), 48000)
    whole, part = read_audio(path, 0.0, 10.0), read_audio(path, start_s, 0.5)
    assert whole is not None
    assert part is not None
    start = round(start_s * RATE_HZ)
    assert np.abs(part - whole[start : start + 8000]).max() < 0.01


def test_channels_are_averaged_without_clipping(tmp_path: Path):
    tone = np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
    both = read_audio(write_sound(tmp_path / "both.mkv", np.stack([tone, tone]), 48000), 0.1, 0.5)
    left = read_audio(write_sound(tmp_path / "left.mkv", np.stack([tone, 0 * tone]), 48000), 0.1, 0.5)
    assert both is not None
    assert left is not None
    assert np.abs(both).max() == pytest.approx(1.0, abs=0.01)
    assert np.abs(left).max() == pytest.approx(0.5, abs=0.01)


def test_what_lies_outside_the_track_is_silence(tmp_path: Path):
    tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)[None]
    path = write_sound(tmp_path / "s.mkv", tone, 16000)
    samples = read_audio(path, 0.5, 1.0)
    assert samples is not None
    assert len(samples) == 16000
    assert np.abs(samples[:7900]).max() > 0.9
    assert np.abs(samples[8100:]).max() == 0
    after = read_audio(path, 5.0, 0.5)
    assert after is not None
    assert np.abs(after).max() == 0


def test_without_a_track_there_is_no_sound(tmp_path: Path):
    path = write_video(tmp_path / "v.mp4", grey_frames(3))
    assert read_audio(path, 0.0, 1.0) is None
    with pytest.raises(MediaError):
        read_audio(tmp_path / "missing.mp4", 0.0, 1.0)


def test_a_track_that_does_not_decode_counts_as_none(tmp_path: Path):
    path = write_sound(tmp_path / "s.mkv", clicks(48000, [0.5]), 48000, codec="flac")
    data = path.read_bytes()
    sync = b"\xff\xf8"  # opens every FLAC frame
    assert data.count(sync) > 10
    path.write_bytes(data.replace(sync, b"\x00\x00"))
    assert read_audio(path, 0.0, 1.0) is None


def test_flac_keeps_samples_and_clips_what_is_too_loud():
    samples = np.array([0.0, 0.25, -1.0, 1.0, 1.5, -3.0] * 4000, np.float32)
    decoded = decode_flac(encode_flac(samples))
    assert decoded.dtype == np.float32
    assert np.abs(decoded - np.clip(samples, -1, 1)).max() < 1 / 32767
    assert encode_flac(samples) == encode_flac(samples)
    assert len(decode_flac(encode_flac(samples[:0]))) == 0


def test_the_speech_track_is_the_share_of_windows_above_50_dbfs():
    loud, quiet = np.full(16000, 0.01, np.float32), np.full(16000, 0.001, np.float32)
    assert speech_track(np.concatenate([loud, quiet, quiet, quiet])) == 0.25
    assert speech_track(loud) == 1.0
    assert speech_track(None) == speech_track(quiet[:0]) == 0.0
