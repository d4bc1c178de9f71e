"""Sounds that tests of speech know the answer for, and the measures they are held to."""

from pathlib import Path

import av
import numpy as np

from datasets.frame import AUDIO_RATE_HZ
from datasets.media.audio import read_audio


def recording(path: Path, folder: Path) -> np.ndarray:
    """(S,) float32 at 16 kHz, read as an ingest reads it: the track in a video's container, packets as they are."""
    boxed = folder / f"{path.stem}.mkv"
    with av.open(str(path)) as source, av.open(str(boxed), "w") as target:
        track = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = track
                target.mux(packet)
        duration_s = source.duration / av.time_base
    samples = read_audio(boxed, 0.0, duration_s, first_picture_s=0.0)
    assert samples is not None
    return samples


def channels(path: Path) -> np.ndarray:
    """(C, S) float32: the channels of a 16-bit file at 16 kHz, each by itself."""
    with av.open(str(path)) as source:
        count = source.streams.audio[0].codec_context.channels
        parts = [frame.to_ndarray().reshape(-1, count).T for frame in source.decode(audio=0)]
    return (np.concatenate(parts, axis=1) / 32768).astype(np.float32)


def chords(seconds: float) -> np.ndarray:
    """Music: two struck chords a second, an A minor and an F major in turn."""
    time_s = np.arange(round(seconds * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ
    minor = sum(np.sin(2 * np.pi * hz * time_s) for hz in (220.0, 261.6, 329.6, 440.0))
    major = sum(np.sin(2 * np.pi * hz * time_s) for hz in (174.6, 220.0, 261.6, 349.2))
    struck = np.exp(-4.0 * (time_s % 0.5))
    return (0.15 * struck * np.where(time_s % 1.0 < 0.5, minor, major)).astype(np.float32)


def turns_of(rttm: Path) -> list[tuple[float, float, str]]:
    """(start, end, speaker) in seconds of every line of a file of known turns."""
    rows = [line.split() for line in rttm.read_text().splitlines()]
    return [(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]


def active(times: list[tuple[float, float]], duration_s: float) -> np.ndarray:
    """(T,) bool, one value for 10 ms: whether any of the times covers it."""
    mask = np.zeros(round(duration_s * 100), bool)
    for start_s, end_s in times:
        mask[round(start_s * 100) : round(end_s * 100)] = True
    return mask


def f1(found: np.ndarray, truth: np.ndarray) -> float:
    """Harmonic mean of precision and recall of two boolean arrays."""
    return 2 * float((found & truth).sum()) / float(found.sum() + truth.sum())


def word_error_rate(said: str, truth: str) -> float:
    """Words to insert, delete or replace in `said`, over the words of `truth`; case and marks count for nothing."""
    heard, meant = _plain(said), _plain(truth)
    distance = np.arange(len(meant) + 1)
    for row, word in enumerate(heard, start=1):
        before, distance = distance, np.full(len(meant) + 1, row)
        for column, other in enumerate(meant, start=1):
            replaced = before[column - 1] + (word != other)
            distance[column] = min(replaced, before[column] + 1, distance[column - 1] + 1)
    return float(distance[-1]) / len(meant)


def _plain(text: str) -> list[str]:
    kept = "".join(letter if letter.isalnum() or letter in "' " else " " for letter in text.lower())
    return kept.split()
