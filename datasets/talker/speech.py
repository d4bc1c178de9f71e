"""The talker's voice: glottal pulses through three formants, one syllable at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.signal import lfilter

from datasets.talker.script import Syllable

SAMPLE_RATE_HZ = 48_000
_BLOCK_S = 1.0
# First three formants in Hz of seven English vowels: men's means of Peterson and Barney, "Control Methods
# Used in a Study of the Vowels", JASA 24 (1952).
_FORMANTS_HZ = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (660, 1720, 2410),
    (640, 1190, 2390),
)
_OPENNESS = (1.0, 0.35, 0.3, 0.65, 0.7, 0.9, 0.7)  # of the mouth, vowel by vowel
_BANDWIDTHS_HZ = (70, 100, 140)
_ATTACK_S, _RELEASE_S = 0.012, 0.06


def speak(syllables: Sequence[Syllable], seconds: float) -> Iterator[np.ndarray]:
    """Blocks of float32 samples in [-1, 1] at 48 kHz, mono; together exactly round(seconds * 48000)."""
    waiting, n_samples = list(syllables), round(seconds * SAMPLE_RATE_HZ)
    tail = np.zeros(0, np.float32)
    for start in range(0, n_samples, round(_BLOCK_S * SAMPLE_RATE_HZ)):
        length = min(round(_BLOCK_S * SAMPLE_RATE_HZ), n_samples - start)
        block = np.zeros(max(length, len(tail)) + SAMPLE_RATE_HZ, np.float32)
        block[: len(tail)] = tail
        while waiting and round(waiting[0].start_s * SAMPLE_RATE_HZ) < start + length:
            syllable = waiting.pop(0)
            at, sound = round(syllable.start_s * SAMPLE_RATE_HZ) - start, _sound(syllable)
            block[at : at + len(sound)] += sound
        yield block[:length]
        tail = block[length:]


def mouth_opening(syllables: Sequence[Syllable], times_s: np.ndarray) -> np.ndarray:
    """(T,) 0 closed to 1 wide open: follows the voice's envelope, wider on open vowels."""
    opening = np.zeros(len(times_s))
    for syllable in syllables:
        first, last = np.searchsorted(
            times_s, [syllable.start_s - 0.03, syllable.start_s + syllable.length_s + 0.05]
        )
        phase = (times_s[first:last] - syllable.start_s + 0.03) / (syllable.length_s + 0.08)
        width = _OPENNESS[syllable.vowel] * (0.6 + 0.7 * syllable.loudness)
        opening[first:last] = np.maximum(opening[first:last], width * np.sin(np.pi * phase) ** 0.7)
    return opening


def _sound(syllable: Syllable) -> np.ndarray:
    times = np.arange(round(syllable.length_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch = syllable.pitch_hz * (1 + 0.06 * np.cos(np.pi * times / syllable.length_s))
    sound = np.diff(_glottal_flow(np.cumsum(pitch) / SAMPLE_RATE_HZ), prepend=0.0)
    for formant, bandwidth in zip(_FORMANTS_HZ[syllable.vowel], _BANDWIDTHS_HZ, strict=True):
        radius = np.exp(-np.pi * bandwidth / SAMPLE_RATE_HZ)
        angle = 2 * np.pi * formant / SAMPLE_RATE_HZ
        sound = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], sound)
    attack = np.clip(times / _ATTACK_S, 0, 1)
    release = np.clip((syllable.length_s - times) / _RELEASE_S, 0, 1)
    return (syllable.loudness * attack * release * sound / np.abs(sound).max()).astype(np.float32)


def _glottal_flow(cycles: np.ndarray) -> np.ndarray:
    """Rosenberg's pulse: opens over 40 % of a period, closes over 16 %."""
    phase = cycles % 1
    opening = 0.5 * (1 - np.cos(np.pi * phase / 0.4))
    closing = np.cos(np.pi / 2 * (phase - 0.4) / 0.16)
    return np.where(phase < 0.4, opening, np.where(phase < 0.56, closing, 0.0))
