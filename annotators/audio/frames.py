"""Sound in frames: 640 samples of 16 kHz to a frame of 25 Hz."""

from typing import Final

import numpy as np

from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ

SAMPLES_A_FRAME: Final = AUDIO_RATE_HZ // CLIP_RATE_HZ


def as_long_as(audio: np.ndarray, frames: int) -> np.ndarray:
    """(T * 640,) samples: silence at the end of a track that is too short, the rest of one too long left out."""
    wanted = frames * SAMPLES_A_FRAME
    return np.pad(audio[:wanted], (0, max(wanted - len(audio), 0)))
