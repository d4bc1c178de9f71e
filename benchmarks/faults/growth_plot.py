"""Seconds over the size of the lake, both in logarithms, beside a line that grows as the lake does."""

from collections.abc import Mapping
from pathlib import Path


def plot_growth(seconds: Mapping[str, Mapping[int, float]], path: Path) -> None:
    """Write a PNG with a line for each cost; seconds: cost -> clips -> seconds."""
    from matplotlib.figure import Figure  # heavy, and drawn only here

    figure = Figure(figsize=(6.4, 4.4), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    for what, sizes in seconds.items():
        axes.loglog(list(sizes), list(sizes.values()), "o-", label=what)
    clips = sorted({size for sizes in seconds.values() for size in sizes})
    least = min(value for sizes in seconds.values() for value in sizes.values())
    axes.loglog(clips, [least * size / clips[0] for size in clips], "k--", linewidth=1, label="linear")
    axes.set_xlabel("clips in the lake")
    axes.set_ylabel("seconds")
    axes.grid(alpha=0.25, which="both")
    axes.legend(frameon=False, fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
