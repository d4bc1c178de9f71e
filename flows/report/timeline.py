"""Both hands over a clip as inline SVG: the calibrated confidence, and below it what the mask says.

Colours come from the page's classes (`left`, `right`, `masked`, `interpolated`).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from datasets.hand.layout import INTERPOLATED, MEASURED, NONE

_WIDTH = 1000  # user units; the page stretches the drawing
# Heights: confidence 0 to 1, the mask's strip, before it, between hands.
_CURVE, _STATE, _SLIT, _GAP = 22, 4, 2, 4
_LANE = _CURVE + _SLIT + _STATE + _GAP
_HEIGHT = 2 * _LANE - _GAP
_STATES = {MEASURED: "", INTERPOLATED: " interpolated"}


def timeline(confidence: np.ndarray, valid: np.ndarray, *, rate_hz: float, marks: Sequence[int] = ()) -> str:
    """An `<svg>` of two lanes, left hand above right.

    confidence: (T, 2) in [0, 1], NaN as 0; valid: (T, 2), 0 none, 1 measured, 2 interpolated. A lane's curve is
    filled in the hand's colour where it was measured, paler where it was interpolated, grey (`masked`) where a
    hand was found and the mask left it out. The strip below is full where measured, half as high where
    interpolated, empty elsewhere. marks: frame indices that get a tick.
    """
    frames = len(confidence)
    sure = np.clip(np.nan_to_num(confidence.astype(float)), 0, 1)
    lanes = "".join(_lane(sure[:, side], valid[:, side], side) for side in (0, 1))
    ticks = "".join(
        f'<path class="mark" d="M{_WIDTH * (mark + 0.5) / frames:.1f} 0V{_HEIGHT}"/>' for mark in marks
    )
    label = f"Hand confidence over {frames / rate_hz:.1f} s. " + " ".join(
        _words(name, valid[:, side], sure[:, side]) for side, name in enumerate(("Left", "Right"))
    )
    return (
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}"><title>{label}</title>{lanes}{ticks}</svg>'
    )


def _words(name: str, valid: np.ndarray, sure: np.ndarray) -> str:
    shares = {
        "measured": valid == MEASURED,
        "interpolated": valid == INTERPOLATED,
        "found but masked": (valid == NONE) & (sure > 0),
    }
    return f"{name}: " + ", ".join(f"{share.mean():.0%} {what}" for what, share in shares.items()) + "."


def _lane(sure: np.ndarray, valid: np.ndarray, side: int) -> str:
    """One hand's curve over its strip."""
    css, top = ("left", "right")[side], side * _LANE
    floor = top + _CURVE
    x = np.linspace(0, _WIDTH, len(sure) + 1)
    parts = [f'<rect class="lane" x="0" y="{top}" width="{_WIDTH}" height="{_CURVE}"/>']
    for run in _runs(valid):
        first, last, state = run[0], run[-1] + 1, int(valid[run[0]])
        colour = css + _STATES[state] if state in _STATES else "masked"
        if (sure[run] > 0).any():
            tops = floor - _CURVE * sure[run]
            path = "".join(f"L{x[start]:.0f} {y:.0f}H{x[end]:.0f}" for start, end, y in _steps(run, tops))
            parts.append(f'<path class="{colour}" d="M{x[first]:.0f} {floor}{path}V{floor}Z"/>')
        if state in _STATES:
            height = _STATE if state == MEASURED else _STATE / 2
            parts.append(
                f'<rect class="{colour} strip-of-mask" x="{x[first]:.0f}" y="{floor + _SLIT:g}" '
                f'width="{x[last] - x[first]:.1f}" height="{height:g}"/>'
            )
    return "".join(parts)


def _runs(valid: np.ndarray) -> Iterator[np.ndarray]:
    """Frame indices of each run of one state."""
    breaks = np.flatnonzero(np.diff(valid.astype(int))) + 1
    return (run for run in np.split(np.arange(len(valid)), breaks) if len(run))


def _steps(run: np.ndarray, tops: np.ndarray) -> list[tuple[int, int, float]]:
    """(start, end, height), half-open, of level stretches: a new one where the height changes visibly."""
    starts, heights = [int(run[0])], [float(tops[0])]
    for frame, top in zip(run[1:], tops[1:], strict=True):
        if abs(top - heights[-1]) >= 1.0:
            starts.append(int(frame))
            heights.append(float(top))
    return list(zip(starts, [*starts[1:], int(run[-1]) + 1], heights, strict=True))
