"""The progress artifact: what it says, and that it never gets in the run's way (flows.run_page.progress)."""

import threading
import time
from collections.abc import Callable

import pytest

from flows.run_page.progress import ProgressArtifact, WorkDone


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Notebook:
    """A page that keeps what it was to show."""

    def __init__(self, *, fails: int = 0, answers: threading.Event | None = None):
        """fails: so often before it works; answers: set when it does."""
        self.shown: list[tuple[float, str]] = []
        self.asked, self._fails, self._answers = 0, fails, answers

    def show(self, percent: float, sentence: str) -> None:
        self.asked += 1
        if self._answers:
            self._answers.wait(30)
        if self.asked <= self._fails:
            raise ConnectionError("the server is away")
        self.shown.append((percent, sentence))


def wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.005)


def test_the_sentence_tells_counts_rate_and_time_left():
    clock = Clock()
    work = WorkDone("videos", clock)
    assert work.told() == (0.0, "getting ready")
    work.started(40)
    work.skipped(2)
    assert work.told() == (5.0, "0 of 40 videos")
    for _ in range(21):  # ten videos, half a video every 10 s
        clock.now_s += 10
        work.made(clips=13, frames=1300, units=0.5)
    work.advanced(12, "31 of 40 clips kept")
    percent, sentence = work.told()
    assert percent == pytest.approx(100 * 12.5 / 40, abs=0.1)
    assert sentence == (
        "12 of 40 videos; 31 of 40 clips kept; 273 clips made so far; 1.3 clips a second; about 9 min left"
    )


def test_the_bar_moves_between_commits_and_never_back():
    work = WorkDone("videos", Clock())
    work.started(4)
    seen = []
    for step in range(8):
        work.made(clips=1, frames=25, units=0.4)
        if step == 5:
            work.advanced(2)
        seen.append(work.told()[0])
    assert seen == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]
    work.advanced(1)  # another call of the same run counts from the start
    work.started(8)  # and more is found to be done
    assert work.told() == (80.0, "2 of 8 videos; 8 clips made so far")


def test_it_is_full_at_the_end_only():
    work = WorkDone("clips", Clock())
    work.started(10)
    work.made(clips=12, frames=300, units=12)  # two were done twice
    work.advanced(12)
    assert work.told()[0] == 99.0
    work.ended(completed=True)
    assert work.told() == (100.0, "12 of 10 clips")


def test_a_run_that_is_stopped_keeps_its_place_and_promises_no_end():
    clock = Clock()
    work = WorkDone("clips", clock)
    work.started(100)
    for _ in range(10):
        clock.now_s += 10
        work.made(clips=1, frames=100, units=1)
    assert "left" in work.told()[1]
    work.ended(completed=False)
    assert work.told() == (10.0, "0 of 100 clips")


def test_what_was_known_already_does_not_make_the_rest_seem_fast():
    clock = Clock()
    work = WorkDone("videos", clock)
    work.started(1000)
    work.skipped(900)
    for _ in range(10):
        clock.now_s += 10
        work.made(clips=0, frames=0, units=0.1)
    percent, sentence = work.told()
    assert percent == 90.1
    assert (
        sentence == "0 of 1000 videos; about 2 h 50 min left"
    )  # 99 videos, 0.1 each 10 s; one result too many


def test_only_changes_are_shown_and_the_end_always():
    work, page = WorkDone("videos"), Notebook()
    with ProgressArtifact(work, page, every_s=0.01):
        wait_until(lambda: page.asked == 1)
        time.sleep(0.2)
        assert page.asked == 1
        work.started(2)
        wait_until(lambda: page.asked == 2)
        work.advanced(1)
        wait_until(lambda: page.asked == 3)
    assert page.shown == [
        (0.0, "getting ready"),
        (0.0, "0 of 2 videos"),
        (50.0, "1 of 2 videos"),
        (100.0, "1 of 2 videos"),
    ]


def test_a_server_that_is_away_is_asked_again_and_the_run_goes_on():
    work, page = WorkDone("videos"), Notebook(fails=3)
    with ProgressArtifact(work, page, every_s=0.01):
        wait_until(lambda: page.asked >= 4)
    assert page.shown[-1] == (100.0, "done")


def test_a_server_that_does_not_answer_holds_nobody_up(monkeypatch):
    monkeypatch.setattr("flows.run_page.progress._LAST_S", 0.1)
    answers = threading.Event()
    began_s = time.monotonic()
    with ProgressArtifact(work := WorkDone("videos"), Notebook(answers=answers), every_s=0.01):
        work.started(2)
        work.advanced(2)
    assert time.monotonic() - began_s < 10
    answers.set()


def test_what_fails_is_not_shown_as_full():
    work, page = WorkDone("videos"), Notebook()
    work.started(4)
    work.advanced(1)
    with pytest.raises(KeyError), ProgressArtifact(work, page, every_s=0.01):
        raise KeyError
    assert page.shown[-1] == (25.0, "1 of 4 videos")
