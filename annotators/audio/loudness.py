"""How loud each frame's sound is."""

from typing import Final

import numpy as np

from annotators.audio.frames import SAMPLES_A_FRAME

FLOOR_DBFS: Final = -100.0  # of digital silence; one step of 16 bits is -90


def loudness_dbfs(audio: np.ndarray, frames: int) -> np.ndarray:
    """(T,) float64 RMS of each frame's 40 ms in dB below full scale, at least -100; a full sine is -3.

    audio: (T * 640,) samples in [-1, 1] at 16 kHz.
    """
    windows = audio.astype(np.float64).reshape(frames, SAMPLES_A_FRAME)
    power = np.square(windows).mean(axis=1)
    return 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DBFS / 10)))
