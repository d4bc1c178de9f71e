"""Histograms as inline SVG: pure functions from numbers to markup, no styles of their own.

Colours come from the page's classes (`kept`, `filtered`, `left`, `right`), so a chart follows light and dark.
Every bar carries `data-count` and a tooltip, so the numbers behind the picture can be read and tested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 400, 216  # user units; the page scales the drawing to its column
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 40  # margins that hold the axes
_EMPTY_HEIGHT = 60
_TINIEST = 1e-9  # below it a measured value is zero to any reader
_COUNT_TICKS = 4
_AXIS_TICKS = 6


@dataclass(frozen=True)
class Series:
    """One set of values in a chart; `css_class` picks its colour on the page."""

    name: str
    css_class: str
    values: np.ndarray  # (N,) float; NaN is no value


@dataclass(frozen=True)
class Axis:
    """The bins along the bottom: `edges` ascending, the last bin closed; `label` holds quantity and unit."""

    label: str
    edges: np.ndarray  # (bins + 1,)
    log: bool = False


def linear_axis(
    label: str, values: Sequence[np.ndarray], *, bins: int = 24, top: float | None = None
) -> Axis:
    """Even bins from 0 to `top`, or to a round number at the 99.5th percentile of all finite values."""
    finite = _finite(values)
    high = top if top is not None else _round_up(float(np.percentile(finite, 99.5)) if finite.size else 1.0)
    return Axis(label, np.linspace(0.0, high, bins + 1))


def log_axis(label: str, values: Sequence[np.ndarray], *, bins_a_decade: int = 5) -> Axis:
    """Bins even in log10 over whole decades around the finite values above zero; at most eight decades."""
    finite = _finite(values)
    positive = finite[finite > _TINIEST]
    low, high = (0, 1) if not positive.size else (positive.min(), positive.max())
    last = int(np.ceil(np.log10(high))) if positive.size else 0
    first = int(np.floor(np.log10(low))) if positive.size else -4
    first = max(min(first, last - 1), last - 8)
    return Axis(label, np.logspace(first, last, (last - first) * bins_a_decade + 1), log=True)


def counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Values a bin, (bins,) int; what lies outside the axis counts in the first or last bin, NaN nowhere."""
    finite = values[np.isfinite(values)]
    return np.histogram(np.clip(finite, edges[0], edges[-1]), edges)[0]


def histogram(axis: Axis, series: Sequence[Series], *, stacked: bool = False, counted: str = "clips") -> str:
    """An SVG histogram; series stand side by side in a bin, or on one another where `stacked`.

    Returns an `<svg>` element; a chart without a finite value is an empty frame that says so.
    """
    tallies = [counts(one.values, axis.edges) for one in series]
    if not sum(int(tally.sum()) for tally in tallies):
        return _empty(axis.label)
    peak = int(np.max(np.sum(tallies, axis=0) if stacked else tallies))
    ceiling, step = _count_ceiling(peak)
    body = [_count_axis(ceiling, step, counted), _bottom_axis(axis)]
    base = np.zeros(len(axis.edges) - 1, int)
    for index, (one, tally) in enumerate(zip(series, tallies, strict=True)):
        slot = (0, 1) if stacked else (index, len(series))
        body.append(_bars(axis, one, tally, base if stacked else np.zeros_like(base), ceiling, slot))
        base = base + tally
    total = ", ".join(f"{one.name} {int(tally.sum())}" for one, tally in zip(series, tallies, strict=True))
    return _svg(f"{axis.label}: {total} {counted}", "".join(body))


def _bars(
    axis: Axis, one: Series, tally: np.ndarray, base: np.ndarray, ceiling: int, slot: tuple[int, int]
) -> str:
    """The rectangles of one series; `slot` is (place, places) within a bin."""
    x = _positions(axis)
    rects = []
    for i, count in enumerate(tally):
        if not count:
            continue
        width = (x[i + 1] - x[i]) / slot[1]
        height = _plot_height() * count / ceiling
        y = HEIGHT - BOTTOM - _plot_height() * (base[i] + count) / ceiling
        span = f"{axis.edges[i]:.3g} to {axis.edges[i + 1]:.3g}"
        rects.append(
            f'<rect class="bar {one.css_class}" data-bin="{i}" data-count="{count}" '
            f'x="{x[i] + slot[0] * width + 0.5:.2f}" y="{y:.2f}" width="{max(width - 1, 0.5):.2f}" '
            f'height="{height:.2f}"><title>{escape(one.name)}, {span}: {count}</title></rect>'
        )
    return "".join(rects)


def _count_axis(ceiling: int, step: int, counted: str) -> str:
    """Grid lines with their counts, and what is counted, up the left side."""
    lines = []
    for value in range(0, ceiling + 1, step):
        y = HEIGHT - BOTTOM - _plot_height() * value / ceiling
        lines.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        lines.append(f'<text class="tick y" x="{LEFT - 6}" y="{y + 3.5:.1f}">{_short(value)}</text>')
    middle = TOP + _plot_height() / 2
    turned = f'transform="rotate(-90 10 {middle:.0f})"'
    lines.append(f'<text class="axis" x="10" y="{middle:.0f}" {turned}>{escape(counted)}</text>')
    return "".join(lines)


def _bottom_axis(axis: Axis) -> str:
    x, base = _positions(axis), HEIGHT - BOTTOM
    parts = [f'<path class="baseline" d="M{LEFT} {base}H{WIDTH - RIGHT}"/>']
    for value in _bottom_ticks(axis):
        at = float(np.interp(_scale(axis, value), _scale(axis, axis.edges), x))
        parts.append(f'<path class="baseline" d="M{at:.1f} {base}v4"/>')
        parts.append(f'<text class="tick x" x="{at:.1f}" y="{base + 15}">{value:g}</text>')
    parts.append(f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 6}">')
    return "".join(parts) + f"{escape(axis.label)}</text>"


def _bottom_ticks(axis: Axis) -> list[float]:
    first, last = float(axis.edges[0]), float(axis.edges[-1])
    if axis.log:
        return [10.0**power for power in range(round(np.log10(first)), round(np.log10(last)) + 1)]
    step = _nice_step((last - first) / _AXIS_TICKS)
    return [round(i * step, 10) for i in range(int(last / step + 1e-9) + 1)]


def _scale(axis: Axis, values: float | np.ndarray) -> np.ndarray:
    return np.log10(values) if axis.log else np.asarray(values, float)


def _positions(axis: Axis) -> np.ndarray:
    """Where each edge stands, in user units."""
    scaled = _scale(axis, axis.edges)
    return LEFT + (scaled - scaled[0]) / (scaled[-1] - scaled[0]) * (WIDTH - LEFT - RIGHT)


def _plot_height() -> int:
    return HEIGHT - TOP - BOTTOM


def _count_ceiling(peak: int) -> tuple[int, int]:
    """(top of the count axis, step between its ticks), whole numbers."""
    step = max(1, round(_nice_step(peak / _COUNT_TICKS)))
    return -(-peak // step) * step, step


def _nice_step(rough: float) -> float:
    """The smallest of 1, 2, 2.5 or 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9)))


def _round_up(value: float) -> float:
    return _nice_step(value / _AXIS_TICKS) * _AXIS_TICKS if value > _TINIEST else 1.0


def _finite(values: Sequence[np.ndarray]) -> np.ndarray:
    joined = np.concatenate([np.asarray(one, float).ravel() for one in values]) if values else np.zeros(0)
    return joined[np.isfinite(joined)]


def _short(value: int) -> str:
    """1500 as 1.5k, 2000000 as 2M: what fits beside an axis."""
    for size, suffix in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{suffix}"
    return str(value)


def _empty(label: str) -> str:
    text = f'<text class="axis" x="{WIDTH / 2:.0f}" y="{_EMPTY_HEIGHT / 2:.0f}">no values yet</text>'
    return _svg(f"{label}: no values yet", text, _EMPTY_HEIGHT)


def _svg(label: str, body: str, height: int = HEIGHT) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{body}</svg>"
    )
