"""Seconds and sizes: best of several rounds, and how a cost grows with the size of what it is paid for."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Took:
    """One call; CPU is of this process with all its threads, and less prone to a busy machine than the clock."""

    wall_s: float
    cpu_s: float


def best_of(call: Callable[[], object], rounds: int) -> Took:
    """The least of `rounds` calls: what disturbs a measurement only ever adds to it."""
    took = [_timed(call) for _ in range(rounds)]
    return Took(min(each.wall_s for each in took), min(each.cpu_s for each in took))


def slope(seconds: Mapping[int, float]) -> float:
    """The exponent p of seconds = c * size^p that fits best in logarithms; 1 is linear, 0 is constant."""
    points = [(math.log(size), math.log(spent)) for size, spent in seconds.items()]
    across, up = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    steps = sum((x - across) * (y - up) for x, y in points)
    return steps / sum((x - across) ** 2 for x, _ in points)


def _timed(call: Callable[[], object]) -> Took:
    began_s, cpu_s = time.perf_counter(), time.process_time()
    call()
    return Took(time.perf_counter() - began_s, time.process_time() - cpu_s)
