"""Sounds whose style is known, made from nothing: a voice that speaks, one that sings, and music with a beat.

All are (S,) float64 at 16 kHz; the same random generator gives the same sound.
"""

from dataclasses import replace

import numpy as np
from scipy.signal import lfilter, resample_poly

from datasets.frame import AUDIO_RATE_HZ
from datasets.talker.script import write_script
from datasets.talker.speech import SAMPLE_RATE_HZ, speak

# First three formants in Hz of a, e, i, o, u, as sung; widths as spoken.
_VOWELS_HZ = ((730, 1090, 2440), (530, 1840, 2480), (300, 2290, 3010), (570, 840, 2410), (320, 870, 2240))
_WIDTHS_HZ = (70, 100, 140)
_SCALES = ((0, 2, 4, 5, 7, 9, 11, 12), (0, 2, 3, 5, 7, 8, 10, 12), (0, 2, 4, 7, 9, 12))


def spoken(seconds: float, random: np.random.Generator) -> np.ndarray:
    """The rendered talker's voice, of a man's or a woman's height."""
    script = write_script(seconds, 1, 25.0, random)
    height = random.choice([random.uniform(0.8, 1.2), random.uniform(1.5, 1.9)])
    syllables = [replace(each, pitch_hz=each.pitch_hz * height) for each in script.syllables]
    voice = np.concatenate(list(speak(syllables, seconds)))
    return resample_poly(voice.astype(float), AUDIO_RATE_HZ, SAMPLE_RATE_HZ)[: round(seconds * AUDIO_RATE_HZ)]


def sung(seconds: float, random: np.random.Generator) -> np.ndarray:
    """Vowels on the notes of a scale, bound by short glides, with vibrato, consonants and breaths between."""
    notes, lengths_s = _melody(seconds, random)
    pitch = _sung_pitch(notes, lengths_s, random)
    pulses = (np.cumsum(pitch) / AUDIO_RATE_HZ) % 1
    flow = np.where(
        pulses < 0.4, 0.5 * (1 - np.cos(np.pi * pulses / 0.4)), np.maximum(1 - (pulses - 0.4) / 0.16, 0)
    )
    source, voice, start = np.diff(flow, prepend=0.0), np.zeros(len(flow)), 0
    for length_s in lengths_s:
        end = min(start + round(length_s * AUDIO_RATE_HZ), len(source))
        vowel = _filtered(source[start:end], _VOWELS_HZ[random.integers(len(_VOWELS_HZ))])
        gap_s = random.choice(
            [0.0, random.uniform(0.03, 0.09), random.uniform(0.15, 0.4)], p=[0.35, 0.5, 0.15]
        )
        voice[start:end] = vowel * _envelope(end - start, gap_s)
        start = end
    return _at_level(voice, 0.15)[: round(seconds * AUDIO_RATE_HZ)]


def beaten(seconds: float, beat_s: float, random: np.random.Generator) -> np.ndarray:
    """Kick and snare on the beats, hats between them, and in half of them a bass."""
    sound = np.zeros(round(seconds * AUDIO_RATE_HZ))
    times = np.arange(round(0.25 * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ
    kick = np.sin(2 * np.pi * (50 * times + 4 * (1 - np.exp(-times / 0.03)))) * np.exp(-times / 0.08)
    bass_hz, hats = random.choice([41.2, 49.0, 55.0, 65.4]), random.choice([1, 2])
    with_bass = random.random() < 0.5
    for step, at_s in enumerate(np.arange(random.uniform(0, beat_s), seconds, beat_s / hats)):
        beat, off = divmod(step, hats)
        at_s = at_s + random.normal(0, 0.004)
        noise = random.standard_normal(len(times))
        if off:
            _add(sound, at_s, 0.15 * noise * np.exp(-times / 0.02))
            continue
        _add(sound, at_s, kick if beat % 2 == 0 else 0.6 * noise * np.exp(-times / 0.05))
        if with_bass:
            tone = np.sign(np.sin(2 * np.pi * bass_hz * times)) * np.exp(-times / 0.15)
            _add(sound, at_s, 0.4 * tone)
    return _at_level(sound, 0.12)


def _melody(seconds: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Hz and seconds of notes that fill more than the time, a step or two of the scale apart."""
    scale = np.array(random.choice(np.array(_SCALES, object)))
    tonic_hz = random.uniform(110, 330)
    pulse_s = random.uniform(0.3, 0.55)
    count = int(seconds / pulse_s) + 2
    walk = np.cumsum(random.integers(-2, 3, count)) + len(scale) // 2
    steps = np.abs((walk % (2 * len(scale) - 2)) - (len(scale) - 1))  # turns back at either end
    lengths = pulse_s * random.choice([1.0, 2.0, 3.0], count, p=[0.6, 0.3, 0.1])
    return tonic_hz * 2 ** (scale[steps].astype(float) / 12), lengths


def _sung_pitch(notes_hz: np.ndarray, lengths_s: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(S,) Hz: notes a few cents off, glides of 60 ms between them, vibrato of 5 to 6.5 Hz."""
    off = random.normal(0, 0.12, len(notes_hz))
    semitones = np.repeat(12 * np.log2(notes_hz / 55) + off, np.round(lengths_s * AUDIO_RATE_HZ).astype(int))
    width = round(0.06 * AUDIO_RATE_HZ)
    padded = np.pad(semitones, (width // 2, width - width // 2 - 1), mode="edge")
    glided = np.convolve(padded, np.ones(width) / width, "valid")
    times = np.arange(len(glided)) / AUDIO_RATE_HZ
    vibrato = random.uniform(0.1, 0.6) * np.sin(2 * np.pi * random.uniform(5.0, 6.5) * times)
    return 55 * 2 ** ((glided + vibrato) / 12)


def _filtered(source: np.ndarray, formants_hz: tuple[int, ...]) -> np.ndarray:
    for formant, width in zip(formants_hz, _WIDTHS_HZ, strict=True):
        radius, angle = np.exp(-np.pi * width / AUDIO_RATE_HZ), 2 * np.pi * formant / AUDIO_RATE_HZ
        source = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], source)
    return source


def _envelope(samples: int, gap_s: float) -> np.ndarray:
    """Rises in 20 ms, falls in 50 ms, silent for the gap at its end."""
    sounding = max(samples / AUDIO_RATE_HZ - gap_s, 0.05)
    times = np.arange(samples) / AUDIO_RATE_HZ
    return np.clip(times / 0.02, 0, 1) * np.clip((sounding - times) / 0.05, 0, 1)


def _add(sound: np.ndarray, at_s: float, what: np.ndarray) -> None:
    start = max(round(at_s * AUDIO_RATE_HZ), 0)
    part = sound[start : start + len(what)]
    part += what[: len(part)]


def _at_level(sound: np.ndarray, rms: float) -> np.ndarray:
    return sound * rms / max(np.sqrt(np.square(sound).mean()), 1e-9)
