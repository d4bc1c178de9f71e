"""Mouths and sounds of talkers that nobody has to render."""

import numpy as np
from scipy.signal import resample_poly

from annotators.audio.loudness import loudness_dbfs
from datasets.talker.script import write_script
from datasets.talker.speech import mouth_opening, speak


def speaking(seed: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """(T,) opening of the lips and (T,) loudness in dBFS, of a voice in a room that is not quite silent."""
    random, frames = np.random.default_rng(seed), round(seconds * 25)
    syllables = write_script(seconds, 1, 25, random).syllables
    sound = resample_poly(np.concatenate(list(speak(syllables, seconds))), 1, 3)
    sound = sound[: frames * 640] + random.normal(0, 1e-3, frames * 640)
    opening = mouth_opening(syllables, np.arange(frames) / 25)
    return 0.02 + 0.06 * opening + random.normal(0, 0.002, frames), loudness_dbfs(sound, frames)
