"""Mel-frequency cepstral coefficients as SyncNet was trained on: those of python_speech_features 0.6 by default.

25 ms every 10 ms, pre-emphasis 0.97, no window function, 512-point power spectrum, 26 triangular mel bands up to
8 kHz, logarithm, orthonormal DCT-II, lifter 22, and the logarithm of the energy for the first coefficient. Samples
count in steps of 16 bits: another scale moves the first coefficient.
"""

from functools import cache
from typing import Final

import numpy as np
from scipy.fft import dct

from datasets.frame import AUDIO_RATE_HZ

MFCC_RATE_HZ: Final = 100
COEFFICIENTS: Final = 13
_WINDOW, _STEP, _FFT, _BANDS = 400, AUDIO_RATE_HZ // MFCC_RATE_HZ, 512, 26
_EMPHASIS, _LIFTER = 0.97, 22
_FULL_SCALE: Final = 32768.0
_LEAST = np.finfo(float).eps


def mfcc(audio: np.ndarray) -> np.ndarray:
    """(F, 13) float64 at 100 Hz of (S,) samples in [-1, 1] at 16 kHz, S >= 1; the last window is filled with zeros.

    F is 1 + ceil((S - 400) / 160), at least 1; 4 T - 1 for T frames of a clip.
    """
    power = _power(_windows(np.asarray(audio, np.float64) * _FULL_SCALE))
    energy = _positive(power.sum(axis=1))
    bands = np.log(_positive(power @ mel_bands().T))
    cepstrum = dct(bands, type=2, axis=1, norm="ortho")[:, :COEFFICIENTS]
    lifted = cepstrum * (1 + _LIFTER / 2 * np.sin(np.pi * np.arange(COEFFICIENTS) / _LIFTER))
    lifted[:, 0] = np.log(energy)
    return lifted


@cache
def mel_bands() -> np.ndarray:
    """(26, 257) weights of the spectrum's bins: triangles whose corners are equally far apart in mel."""
    highest_mel = 2595 * np.log10(1 + AUDIO_RATE_HZ / 2 / 700)
    corners_hz = 700 * (10 ** (np.linspace(0, highest_mel, _BANDS + 2) / 2595) - 1)
    corners = np.floor((_FFT + 1) * corners_hz / AUDIO_RATE_HZ)
    bins = np.arange(_FFT // 2 + 1)
    bands = np.zeros((_BANDS, len(bins)))
    for band, (low, middle, high) in enumerate(zip(corners, corners[1:], corners[2:], strict=False)):
        rising, falling = (bins >= low) & (bins < middle), (bins >= middle) & (bins < high)
        bands[band, rising] = (bins[rising] - low) / (middle - low)
        bands[band, falling] = (high - bins[falling]) / (high - middle)
    return bands


def _windows(samples: np.ndarray) -> np.ndarray:
    """(F, 400)"""
    emphasised = np.concatenate([samples[:1], samples[1:] - _EMPHASIS * samples[:-1]])
    count = 1 + max(0, -(-(len(emphasised) - _WINDOW) // _STEP))
    padded = np.zeros((count - 1) * _STEP + _WINDOW)
    padded[: min(len(emphasised), len(padded))] = emphasised[: len(padded)]
    return np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP]


def _power(windows: np.ndarray) -> np.ndarray:
    """(F, 257)"""
    return np.square(np.abs(np.fft.rfft(windows, _FFT))) / _FFT


def _positive(values: np.ndarray) -> np.ndarray:
    """Nothing at all counts as the least there is, so that it has a logarithm."""
    return np.where(values == 0, _LEAST, values)
