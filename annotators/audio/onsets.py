"""When sounds begin.

A sound begins where much more energy follows than went before, in many bands at once. At every moment the power of
the 25 ms after it, nearest samples weighted most, is held against that of the 25 ms before it, weighted likewise:
a click and the start of a tone are both sharpest exactly where they begin, which a window laid about the moment
smears. Levels are in dB, so gain plays no part, and steady noise, however loud, rises nowhere.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft
from scipy.ndimage import maximum_filter1d

from datasets.frame import AUDIO_RATE_HZ

_STEP = 40  # samples: 2.5 ms
_WINDOW = 400  # 25 ms
_LENGTH = 512  # of the transform
_MOMENTS_A_BLOCK = 4000  # 10 s: an hour of sound needs no more memory


@dataclass(frozen=True)
class OnsetParams:
    """What the onsets depend on besides the version; benchmarks/audio.py measures what they are worth."""

    bands: int = 24  # from 60 Hz to 8 kHz, evenly on the mel scale
    floor_db: float = 60.0  # below the loudest band of the clip nothing is heard ...
    silence_dbfs: float = -90.0  # ... nor below this, in one band: flicker of the last of 16 bits is fainter
    rise_db: float = 4.0  # mean over the bands
    apart_s: float = 0.05  # of two onsets at the least


def onsets_s(audio: np.ndarray, params: OnsetParams) -> np.ndarray:
    """(N,) float64 seconds at which a sound begins, ascending.

    audio: (S,) samples in [-1, 1] at 16 kHz. A sound that is there from the first sample does not begin.
    """
    if not len(audio):
        return np.zeros(0)
    after, before = _levels(audio, params)
    floor = max(params.silence_dbfs, float(after.max()) - params.floor_db)
    rise = np.maximum(np.maximum(after, floor) - np.maximum(before, floor), 0.0).mean(axis=1)
    return _picked(rise, params) * _STEP / AUDIO_RATE_HZ


def _picked(rise: np.ndarray, params: OnsetParams) -> np.ndarray:
    """Moments, between samples, at which the rise is high enough and the highest for `apart_s` on either side."""
    reach = round(params.apart_s * AUDIO_RATE_HZ / _STEP)
    highest = maximum_filter1d(rise, 2 * reach + 1, mode="constant")
    return np.flatnonzero((rise >= params.rise_db) & (rise == highest)).astype(float)


def _levels(audio: np.ndarray, params: OnsetParams) -> tuple[np.ndarray, np.ndarray]:
    """Both (N, bands) in dBFS: after and before each moment, one every 40 samples from the first sample on."""
    sound = np.pad(audio.astype(np.float32), (_WINDOW, _WINDOW), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_STEP]
    fading = np.hanning(2 * _WINDOW + 1)[_WINDOW + 1 :].astype(np.float32)
    bands = _bands(params.bands)
    levels = []
    for taper, skipped in ((fading, _WINDOW // _STEP), (fading[::-1], 0)):
        own = windows[skipped : skipped + len(windows) - _WINDOW // _STEP]
        starts = range(0, len(own), _MOMENTS_A_BLOCK)
        blocks = [_level(own[start : start + _MOMENTS_A_BLOCK] * taper, bands) for start in starts]
        levels.append(np.concatenate(blocks))
    return levels[0], levels[1]


def _level(windows: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """(N, bands) dBFS of (N, 400) tapered samples."""
    spectrum = rfft(windows, _LENGTH, axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return 10 * np.log10(power @ bands + 1e-12)


def _bands(count: int) -> np.ndarray:
    """(257, count) weights: triangles evenly on the mel scale, such that a full sine in one is about 0 dBFS."""
    lowest, highest = 2595 * np.log10(1 + np.array([60.0, 8000.0]) / 700)
    mel = np.linspace(lowest, highest, count + 2)
    corners = 700 * (10 ** (mel / 2595) - 1)
    hz = np.arange(_LENGTH // 2 + 1) * AUDIO_RATE_HZ / _LENGTH
    rising = (hz[:, None] - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - hz[:, None]) / np.diff(corners)[1:]
    weights = np.clip(np.minimum(rising, falling), 0.0, None)
    return (weights / (_WINDOW / 4) ** 2).astype(np.float32)
