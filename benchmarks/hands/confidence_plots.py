"""The confidence's two diagrams: what a threshold costs and buys, and whether probabilities mean what they say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from annotators.hands.calibrate.scores import reliability, risk_coverage

_BLUE, _BROWN, _GREY = "#1f5fa8", "#b0653a", "#9a9a9a"


def plot_risk(confidence: np.ndarray, score: np.ndarray, right: np.ndarray, path: Path) -> None:
    """Write a PNG of the share of wrong hands against the share kept; all (N,), `score` the detector's."""
    axes, save = _axes("coverage: share of the measured hands kept", "share of wrong hands among them")
    lines = (
        ("calibrated confidence", confidence, _BLUE),
        ("detector's score", score, _BROWN),
        ("perfect knowledge", right.astype(float), _GREY),
    )
    for label, values, colour in lines:
        axes.plot(*risk_coverage(values, right), label=label, color=colour, linewidth=1.8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, min(1.0, 2 * float(1 - right.mean()) + 0.05))  # the first few frames say nothing
    save(path)


def plot_reliability(confidence: np.ndarray, score: np.ndarray, right: np.ndarray, path: Path) -> None:
    """Write a PNG of the share of right hands against the confidence; bars: where the confidences lie."""
    axes, save = _axes("mean confidence", "share of right hands")
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle="--")
    for label, values, colour in (
        ("calibrated confidence", confidence, _BLUE),
        ("detector's score", score, _BROWN),
    ):
        bins = reliability(values, right)
        axes.plot([b.confidence for b in bins], [b.right for b in bins], "o-", label=label, color=colour)
    counts, edges = np.histogram(confidence, bins=10, range=(0, 1))
    heights = 0.3 * counts / max(counts.max(), 1)
    axes.bar(edges[:-1], heights, width=0.1, align="edge", color=_BLUE, alpha=0.15)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    save(path)


def _axes(across: str, up: str) -> tuple[Any, Callable[[Path], None]]:
    """Axes to draw in, and what writes them to a PNG."""
    from matplotlib.figure import Figure  # heavy, and drawn only here

    figure = Figure(figsize=(5.2, 4.0), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.25)

    def save(path: Path) -> None:
        axes.legend(frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)

    return axes, save
