"""The fundamental frequency of a voice, frame by frame.

Boersma's method ("Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", IFA Proceedings 17, 1993): the autocorrelation of a windowed sound, divided by that of the window,
peaks at the period, and the height of the peak is the share of the power that repeats. The path of least cost
through the peaks of all moments keeps it from jumping by octaves. Four moments a frame, of which the voiced ones
are averaged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ

_MOMENTS_A_FRAME = 4
_STEP = AUDIO_RATE_HZ // (CLIP_RATE_HZ * _MOMENTS_A_FRAME)  # 10 ms
_LAGS_A_SAMPLE = 2  # peaks are narrow where harmonics reach high: finer lags, and no harmonics above 4 kHz
_PASSED_HZ, _STOPPED_HZ = 3000.0, 4500.0
_MOMENTS_A_BLOCK = 1000  # so that an hour of sound needs no more memory than ten seconds


@dataclass(frozen=True)
class PitchParams:
    """What the pitch depends on besides the version; costs and thresholds are the paper's, for 10 ms steps."""

    lowest_hz: float = 65.0  # C of a bass; above the hum of the mains
    highest_hz: float = 800.0  # g'' of a soprano
    voicing_threshold: float = 0.45  # share of the power that must repeat
    # What stays below is unvoiced. The paper's measure, a share of the loudest sample, would let one clap in the
    # clip silence a quiet voice, and would differ from cut to cut.
    silence_dbfs: float = -60.0
    # For so long a sound must repeat, though its period be shorter: noise that rings in a vocal tract repeats once or
    # twice, at the pitch of a formant.
    held_s: float = 0.008
    wander: float = 0.15  # so much less of the power may repeat by then: voices glide
    octave_cost: float = 0.01  # an octave lower has as high a peak: take the higher pitch
    octave_jump_cost: float = 0.35
    voicing_cost: float = 0.14  # of a change between voiced and unvoiced
    candidates: int = 8


@dataclass(frozen=True)
class _Candidates:
    """N moments with K pitches each. The first is "unvoiced": 0 Hz."""

    pitch_hz: np.ndarray  # (N, K); 0 for unvoiced and where there are fewer peaks
    strength: np.ndarray  # (N, K) height of the peak in [0, 1]; 0 for unvoiced
    score: np.ndarray  # (N, K) -inf where there are fewer peaks


def pitch(audio: np.ndarray, frames: int, params: PitchParams) -> np.ndarray:
    """(T, 2) float64: fundamental frequency in Hz, NaN where unvoiced, and the strength of voicing in [0, 1].

    audio: (T * 640,) samples in [-1, 1] at 16 kHz. A frame is voiced where half of its four moments are; its
    pitch is their geometric mean. The strength of an unvoiced frame is that of its strongest period, 0 in silence.
    """
    if not frames:
        return np.zeros((0, 2))
    blocks = [_candidates(windows, params) for windows in _windows(audio, params)]
    found = _Candidates(*(np.concatenate(parts) for parts in zip(*map(_arrays, blocks), strict=True)))
    path = _best_path(found, params)
    taken = np.take_along_axis(found.pitch_hz, path[:, None], axis=1)[:, 0]
    strength = np.where(
        taken > 0,
        np.take_along_axis(found.strength, path[:, None], axis=1)[:, 0],
        found.strength.max(axis=1),
    )
    return _by_frame(taken.reshape(frames, -1), strength.reshape(frames, -1))


def _by_frame(pitch_hz: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """(T, 2) of the (T, 4) moments of each frame."""
    voiced = pitch_hz > 0
    count = voiced.sum(axis=1)
    logs = np.where(voiced, np.log(np.where(voiced, pitch_hz, 1.0)), 0.0).sum(axis=1)
    mean_hz = np.exp(logs / np.maximum(count, 1))
    return np.stack([np.where(2 * count >= _MOMENTS_A_FRAME, mean_hz, np.nan), strength.mean(axis=1)], axis=1)


def _arrays(found: _Candidates) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return found.pitch_hz, found.strength, found.score


def _windows(audio: np.ndarray, params: PitchParams) -> Iterator[np.ndarray]:
    """(N, W) samples about the middle of each 10 ms step, three of the longest periods wide, in blocks."""
    half = round(1.5 * AUDIO_RATE_HZ / params.lowest_hz)
    padded = np.pad(audio.astype(np.float32), half - _STEP // 2)
    every = np.lib.stride_tricks.sliding_window_view(padded, 2 * half)[::_STEP]
    for start in range(0, len(every), _MOMENTS_A_BLOCK):
        yield every[start : start + _MOMENTS_A_BLOCK]


def _candidates(windows: np.ndarray, params: PitchParams) -> _Candidates:
    """The best peaks of the autocorrelation of each window; windows: (N, W)."""
    lag_rate_hz = AUDIO_RATE_HZ * _LAGS_A_SAMPLE
    first = int(lag_rate_hz / params.highest_hz)
    last = int(np.ceil(lag_rate_hz / params.lowest_hz))
    centred = windows - windows.mean(axis=1, keepdims=True)
    repeats = _autocorrelation(centred, last + 2)[:, first - 1 :]
    lags, heights, scores = _peaks(repeats, first - 1, params)
    held = _held(repeats, first - 1, lags, round(params.held_s * lag_rate_hz))
    lost = np.maximum(heights - held - params.wander, 0.0)
    heights, scores = heights - lost, scores - lost
    audible = np.abs(centred).max(axis=1, keepdims=True) >= 10 ** (params.silence_dbfs / 20)
    voiced = np.isfinite(scores) & audible
    nothing = np.zeros((len(windows), 1))
    return _Candidates(
        np.hstack([nothing, np.where(voiced, lag_rate_hz / lags, 0.0)]),
        np.hstack([nothing, np.where(voiced, np.clip(heights, 0.0, 1.0), 0.0)]),
        np.hstack([nothing + params.voicing_threshold, np.where(voiced, scores, -np.inf)]),
    )


def _autocorrelation(windows: np.ndarray, lags: int) -> np.ndarray:
    """(N, lags) from lag 0 in steps of half a sample, 1 at lag 0; near 1 wherever the sound repeats."""
    width = windows.shape[1]
    taper = np.hanning(width + 2)[1:-1].astype(np.float32)
    length = next_fast_len(width + lags // _LAGS_A_SAMPLE + 1, real=True)
    hz = np.arange(length // 2 + 1) * AUDIO_RATE_HZ / length
    falling = np.clip((hz - _PASSED_HZ) / (_STOPPED_HZ - _PASSED_HZ), 0.0, 1.0)
    passed = (0.5 + 0.5 * np.cos(np.pi * falling)).astype(np.float32)
    own = _lagged(taper[None], np.ones_like(passed), length, lags)
    raw = _lagged(windows * taper, passed, length, lags)
    power = np.maximum(raw[:, :1], 1e-12)
    return (raw / power) / (own / own[:, :1])


def _lagged(windows: np.ndarray, passed: np.ndarray, length: int, lags: int) -> np.ndarray:
    """(N, lags) product of each (N, W) window with itself so much later; passed: weight of each frequency."""
    spectrum = rfft(windows, length, axis=1)
    power = passed * (np.square(spectrum.real) + np.square(spectrum.imag))
    return irfft(power, length * _LAGS_A_SAMPLE, axis=1)[:, :lags]


def _peaks(values: np.ndarray, first: int, params: PitchParams) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lags, heights and scores, all (N, K), of the best local maxima of (N, L) values at lags first, first + 1, ...

    A parabola through three values gives lag and height. The score is the height less the cost of the octaves
    below the highest pitch, -inf where there are fewer maxima.
    """
    before, here, after = values[:, :-2], values[:, 1:-1], values[:, 2:]
    is_peak = (here > before) & (here >= after) & (here > 0)
    bend = np.where(is_peak, before - 2 * here + after, -1.0)
    shift = np.where(is_peak, 0.5 * (before - after) / bend, 0.0)
    lag = first + 1 + np.arange(here.shape[1]) + shift
    height = here - 0.25 * (before - after) * shift
    score = np.where(is_peak, height - params.octave_cost * np.log2(lag / (first + 1)), -np.inf)
    best = np.argsort(-score, axis=1, kind="stable")[:, : params.candidates]
    row = np.arange(len(best))[:, None]
    return lag[row, best], height[row, best], score[row, best]


def _held(values: np.ndarray, first: int, lags: np.ndarray, longest: int) -> np.ndarray:
    """(N, K) values at the multiple of each of (N, K) lags that is nearest to the longest, or at the lag."""
    periods = np.maximum(np.round(longest / np.maximum(lags, 1)), 1)
    place = np.clip(np.round(periods * lags).astype(int) - first, 1, values.shape[1] - 2)
    row = np.arange(len(values))[:, None]
    return np.maximum.reduce([values[row, place + step] for step in (-1, 0, 1)])


def _best_path(found: _Candidates, params: PitchParams) -> np.ndarray:
    """(N,) index of the candidate taken at each moment: the path of highest score less the cost of its changes."""
    octaves = np.log2(np.where(found.pitch_hz > 0, found.pitch_hz, 1.0))
    voiced = found.pitch_hz > 0
    moments, count = found.score.shape
    came_from = np.zeros((moments, count), np.int64)
    total = found.score[0]
    rows = np.arange(count)
    for now in range(1, moments):
        both = voiced[now - 1][:, None] & voiced[now]
        jump = params.octave_jump_cost * np.abs(octaves[now - 1][:, None] - octaves[now])
        change = np.where(voiced[now - 1][:, None] != voiced[now], params.voicing_cost, 0.0)
        reached = total[:, None] - np.where(both, jump, change)
        came_from[now] = reached.argmax(axis=0)
        total = reached[came_from[now], rows] + found.score[now]
    path = np.empty(moments, np.int64)
    path[-1] = total.argmax()
    for now in range(moments - 1, 0, -1):
        path[now - 1] = came_from[now, path[now]]
    return path
