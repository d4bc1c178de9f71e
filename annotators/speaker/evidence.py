"""How strongly a mouth and a sound belong together: two correlations at one lag, weighed by the frames seen.

Opening. In running speech the lips open and close with the syllables, and so does the sound. Both are taken between
2 and 9 Hz: slower changes (a smile, a phrase said louder) are shared by accident, and faster ones are the
landmarks' noise. The sound is the square root of its amplitude, which lets quiet syllables count.

Movement. Whoever speaks moves the lips while there is sound and rests them in pauses, whichever way they move. The
root of the lips' speed is compared with the same sound, slower than a second included.

Evidence is their sum at the lag where it is largest, times the root of the number of frames (a correlation's own
error falls with it), less what a lag far from none costs: sound and picture of one recording are rarely more than a
tenth of a second apart, so among many lags a peak beside none is more often chance.

Tried on 19 clips of 12 recordings of people who speak (5 to 12 s), each against the beginning of every sound of
another recording that is long enough. AUROC (so few recordings leave it uncertain by some 0.05; `python -m benchmarks
active-speaker` measures anew):

    opening, all that is faster than 0.3 Hz   0.62        opening and movement at one lag          0.88
    opening, 1 to 8 Hz                        0.63        with the cost of lags                    0.90
    opening, 2 to 9 Hz                        0.79        with the root of the frames              0.90
    movement                                  0.83        with both, as it is                      0.92

3 to 11 Hz, the logarithm of the opening, and amplitude or its cube root for the root gave 0.90 to 0.93, the strength
of voicing for loudness 0.08 less. Choices were made on these clips, cut a little otherwise, where the last figure was
0.95: noise of the landmarks in three of them makes the difference. Landmarks without attention (`annotators/face/
mesh.py`) did as well.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfiltfilt

from datasets.frame import CLIP_RATE_HZ

_ORDER = 2
_PADDING_FRAMES = 50  # the ends are continued by so much before filtering
_LEAST = 1e-12  # of both spreads multiplied: what stands still correlates with nothing
_DB_A_FACTOR_TEN = 40.0  # of the root of an amplitude


@dataclass(frozen=True)
class EvidenceParams:
    """What the evidence depends on besides the version; see the module's first lines."""

    syllables_hz: tuple[float, float] = (2.0, 9.0)
    slowest_hz: float = 0.3
    earliest_frames: int = -5  # lags of the sound behind the lips that are looked at: -0.2 s
    latest_frames: int = 8  # 0.32 s
    usual_frames: float = 0.5  # the lag that costs nothing
    spread_frames: float = 3.0  # a lag so far from it costs half a unit of strength, twice as far two


@dataclass(frozen=True)
class Evidence:
    """What one mouth and one sound have in common."""

    strength: float  # of strangers 2.7 on average, with a standard deviation of 1.5, whatever the length
    opening: float  # correlation of lip opening and sound, at the lag
    movement: float  # likewise of the lips' movement
    lag_frames: int  # of the sound behind the lips


def evidence(opening: np.ndarray, loudness: np.ndarray, params: EvidenceParams) -> Evidence:
    """What speaks for the mouth being where the sound comes from.

    opening: (T,) gap of the lips in any unit, NaN where no mouth was seen, T >= 2, at least one number;
    loudness: (T,) dBFS.
    """
    seen = np.isfinite(opening)
    gap = _without_holes(opening, seen)
    sound = 10 ** ((loudness - np.percentile(loudness, 95)) / _DB_A_FACTOR_TEN)
    movement = np.sqrt(np.abs(np.gradient(gap)))
    low, high = params.syllables_hz
    lags = np.arange(params.earliest_frames, params.latest_frames + 1)
    opened = lagged_correlations(_passed(gap, low, high), _passed(sound, low, high), seen, lags)
    moved = lagged_correlations(
        _passed(movement, params.slowest_hz), _passed(sound, params.slowest_hz), seen, lags
    )
    cost = 0.5 * ((lags - params.usual_frames) / params.spread_frames) ** 2
    strength = np.sqrt(seen.sum()) * (opened + moved) - cost
    best = int(strength.argmax())
    return Evidence(float(strength[best]), float(opened[best]), float(moved[best]), int(lags[best]))


def lagged_correlations(
    ahead: np.ndarray, behind: np.ndarray, counted: np.ndarray, lags: np.ndarray
) -> np.ndarray:
    """(L,) correlation of `ahead` at t with `behind` at t + lag over the frames where both are in the clip.

    ahead, behind: (T,); counted: (T,) bool, the frames of `ahead` that count; 0 where fewer than two do, and for
    what stands still.
    """
    found = np.zeros(len(lags))
    for number, lag in enumerate(lags):
        begin, end = max(0, -lag), min(len(ahead), len(ahead) - lag)
        frames = np.flatnonzero(counted[begin:end]) + begin if end > begin else np.empty(0, int)
        if len(frames) < 2:
            continue
        one, other = ahead[frames], behind[frames + lag]
        one, other = one - one.mean(), other - other.mean()
        spread = np.sqrt(np.square(one).mean() * np.square(other).mean())
        found[number] = (one * other).mean() / spread if spread > _LEAST else 0.0
    return found


def _without_holes(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """NaN filled by the straight line between its neighbours, so that filters can pass."""
    frames = np.arange(len(values))
    return np.interp(frames, frames[seen], values[seen].astype(float))


def _passed(values: np.ndarray, low_hz: float, high_hz: float | None = None) -> np.ndarray:
    """What is faster than low_hz and slower than high_hz, without a shift in time."""
    half = CLIP_RATE_HZ / 2
    edges, kind = (
        (low_hz / half, "highpass") if high_hz is None else ([low_hz / half, high_hz / half], "bandpass")
    )
    sections = butter(_ORDER, edges, kind, output="sos")
    return sosfiltfilt(sections, values, padlen=min(_PADDING_FRAMES, len(values) - 1))
