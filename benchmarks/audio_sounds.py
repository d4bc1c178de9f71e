"""Sounds of which it is known when they begin and how high they are."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ
from datasets.talker.script import Syllable, write_script
from datasets.talker.speech import SAMPLE_RATE_HZ, speak

_INSIDE_S = 0.02  # of a syllable: nearer to its ends half a frame's window is silent


@dataclass(frozen=True, eq=False)
class Voice:
    """A talker's speech as a clip has it."""

    audio: np.ndarray  # (S,) float32 at 16 kHz
    syllables: tuple[Syllable, ...]

    @property
    def starts_s(self) -> np.ndarray:
        """(N,) when the syllables begin to sound."""
        return np.array([syllable.start_s for syllable in self.syllables])

    def pitch_hz(self) -> np.ndarray:
        """(T,) the pitch at the middle of each frame; NaN outside syllables and within 20 ms of their ends."""
        middles = (np.arange(len(self.audio) * CLIP_RATE_HZ // AUDIO_RATE_HZ) + 0.5) / CLIP_RATE_HZ
        pitch = np.full(len(middles), np.nan)
        for syllable in self.syllables:
            into = middles - syllable.start_s
            inside = (into >= _INSIDE_S) & (into <= syllable.length_s - _INSIDE_S)
            fall = 1 + 0.06 * np.cos(
                np.pi * into[inside] / syllable.length_s
            )  # as datasets.talker.speech sings it
            pitch[inside] = syllable.pitch_hz * fall
        return pitch


def talker_voice(seed: int, seconds: float = 12.0) -> Voice:
    """What the rendered talker of that seed might say."""
    syllables = write_script(seconds, 1, CLIP_RATE_HZ, np.random.default_rng(seed)).syllables
    sound = np.concatenate(list(speak(syllables, seconds)))
    audio = resample_poly(sound, 1, SAMPLE_RATE_HZ // AUDIO_RATE_HZ).astype(np.float32)
    return Voice(audio, tuple(syllables))


def click_track(
    beats_a_minute: float, seconds: float = 12.0, first_s: float = 0.303
) -> tuple[np.ndarray, np.ndarray]:
    """(S,) float32 clicks of one sample, and (N,) seconds at which they stand."""
    places = np.round(np.arange(first_s, seconds - 0.1, 60 / beats_a_minute) * AUDIO_RATE_HZ).astype(int)
    audio = np.zeros(round(seconds * AUDIO_RATE_HZ), np.float32)
    audio[places] = 0.9
    return audio, places / AUDIO_RATE_HZ


def with_noise(audio: np.ndarray, snr_db: float, seed: int = 0) -> np.ndarray:
    """White noise added, so many dB below the sound's mean power."""
    noise = np.random.default_rng(seed).normal(size=len(audio))
    level = np.sqrt(np.mean(np.square(audio, dtype=np.float64))) * 10 ** (-snr_db / 20)
    return (audio + level * noise).astype(np.float32)


def harmonic(cycles: np.ndarray, pitch_hz: float, level: float = 0.3) -> np.ndarray:
    """(S,) float32: a tone with all harmonics below 7 kHz, each weaker by its number; cycles: (S,) of its pitch."""
    numbers = np.arange(1, max(int(7000 / pitch_hz), 1) + 1)
    waves = np.sin(2 * np.pi * cycles[:, None] * numbers) / numbers
    return (level * waves.sum(axis=1)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Matches:
    """Times found against times known, each taken once, the nearest first."""

    recall: float
    precision: float
    errors_s: np.ndarray  # (M,) found minus known, of those matched


def matched(found_s: np.ndarray, known_s: np.ndarray, within_s: float) -> Matches:
    """Both ascending. A share of nothing is 1."""
    distances = np.abs(found_s[:, None] - known_s)
    errors = []
    while distances.size and distances.min() <= within_s:
        found, known = np.unravel_index(distances.argmin(), distances.shape)
        errors.append(found_s[found] - known_s[known])
        distances[found], distances[:, known] = np.inf, np.inf
    recall, precision = (len(errors) / len(times) if len(times) else 1.0 for times in (known_s, found_s))
    return Matches(recall, precision, np.array(errors))
