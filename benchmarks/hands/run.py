"""`make bench-hands`: every part of the hand benchmark, one table, build/bench/hands.json."""

import importlib
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from rich.console import Console

from benchmarks.results import Row, report


class Part(StrEnum):
    """A module of this package with a function `rows`, in the order they run."""

    MAPS = "maps"
    LANDMARKS = "landmarks"
    BODY = "body"
    PIXELS = "pixels"
    BACKENDS = "backends"
    CONFIDENCE = "confidence"


def run(*, quick: bool = False, parts: Sequence[Part] = tuple(Part)) -> None:
    """Measure the parts in order and report all their rows together; plots go to build/bench/hands/.

    All parts are written to hands.json, a choice of them to a file named for it.
    """
    console, rows = Console(), list[Row]()
    for part in parts:
        began_s, cpu_s = time.monotonic(), time.process_time()
        rows += _rows_of(part)(quick=quick)
        spent = {"wall_s": time.monotonic() - began_s, "own_cpu_s": time.process_time() - cpu_s}
        console.print(f"{part}: {spent['wall_s']:.0f} s, {spent['own_cpu_s']:.0f} CPU-s in this process")
    name = "hands" if len(parts) == len(Part) else "-".join(["hands", *parts])
    report(name, rows, console=console)


def _rows_of(part: Part) -> Callable[..., list[Row]]:
    return importlib.import_module(f"benchmarks.hands.{part}").rows
