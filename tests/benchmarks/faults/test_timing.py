import time

import pytest

from benchmarks.faults.timing import best_of, slope


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_slope_is_the_exponent_of_growth(power):
    assert slope({size: 0.3 * size**power for size in (10, 100, 1000)}) == pytest.approx(power)


def test_the_best_round_counts():
    waits = iter([0.05, 0.0, 0.05])
    assert best_of(lambda: time.sleep(next(waits)), 3).wall_s < 0.04


def test_waiting_takes_no_cpu():
    took = best_of(lambda: time.sleep(0.1), 1)
    assert took.wall_s >= 0.1
    assert took.cpu_s < 0.05
