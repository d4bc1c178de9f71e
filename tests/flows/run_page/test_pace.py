"""How fast a run goes and how that is told (flows.run_page.pace)."""

import pytest

from flows.run_page.pace import Pace, left_words, rate_words


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def paced(*steps: tuple[float, float]) -> tuple[Pace, Clock]:
    """A pace after each (seconds later, so much more)."""
    clock = Clock()
    pace = Pace(clock)
    for seconds, more in steps:
        clock.now_s += seconds
        pace.add(more)
    return pace, clock


def test_nothing_is_told_before_there_is_enough_to_tell_from():
    assert paced()[0].per_s() is None
    assert paced(*[(5, 1)] * 4)[0].per_s() is None  # too few
    assert paced(*[(2, 1)] * 6)[0].per_s() is None  # too short


def test_the_rate_is_of_what_came_after_the_first_result():
    assert paced((600, 3), *[(5, 2)] * 6)[0].per_s() == pytest.approx(0.4)


def test_bursts_and_pauses_make_no_difference():
    even, bursts = [(10, 10)] * 12, [(0, 10), (0, 10), (30, 10)] * 4
    assert paced((0, 1), *even)[0].per_s() == pytest.approx(1.0)
    assert paced((0, 1), *bursts)[0].per_s() == pytest.approx(1.0)


def test_only_what_came_of_late_counts():
    slow, fast = [(10, 1)] * 60, [(1, 5)] * 200
    assert paced(*slow, *fast)[0].per_s() == pytest.approx(5.0, rel=0.05)


def test_where_results_are_hours_apart_enough_of_them_count():
    assert paced(*[(3600, 1)] * 30)[0].per_s() == pytest.approx(1 / 3600)


def test_a_run_that_stalls_slows_down():
    pace, clock = paced(*[(5, 1)] * 10)
    clock.now_s += 55
    assert pace.per_s() == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("per_s", "words"),
    [
        (1.34, "1.3 clips a second"),
        (41.2, "41 clips a second"),
        (0.05, "3.0 clips a minute"),
    ],
)
def test_rates_are_told_with_two_digits(per_s, words):
    assert rate_words(per_s) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (8, "less than a minute left"),
        (250, "about 4 min left"),
        (3500, "about 58 min left"),
        (3590, "about 1 h left"),
        (7700, "about 2 h 10 min left"),
        (10790, "about 3 h left"),
        (3 * 86400, "about 3 days left"),
    ],
)
def test_the_time_left_is_told_as_roughly_as_it_is_known(seconds, words):
    assert left_words(seconds) == words
