import logging
import platform
import signal
import subprocess
import threading
import time
from contextlib import nullcontext

import psutil
import pytest
import ray

from flows.ray_session import Cancelled, ray_session
from flows.run_page.worker_log import RunLog, logged, logging_to
from flows.task_queue import TaskQueue


@ray.remote
def double(number: int) -> int:
    return 2 * number


@ray.remote
def sleep_long() -> None:
    time.sleep(600)


@ray.remote
@logged(about=lambda number: f"number {number}")
def halve(number: int) -> int:
    logging.getLogger("flows.halves").info("halving")
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


@pytest.mark.slow
def test_what_workers_log_is_written_and_callers_see_plain_values_and_exceptions():
    said: list[str] = []
    with logging_to(RunLog(lambda level, text: said.append(text))), ray_session() as session:
        assert [value for _, value in session.map(halve, [(4,)])] == [2]
        queue = TaskQueue(session)
        queue.put("tag", halve, 6)
        assert list(queue.results()) == [("tag", 3)]
        with pytest.raises(ValueError, match="5 is odd"):
            list(session.results([session.submit(halve, 5)]))
    assert said == [f"number {number}, node {platform.node()}: halving" for number in (4, 6, 5)]


@pytest.mark.slow
def test_a_session_gives_results_keeps_the_sigterm_handler_and_stops_waiters():
    handler = signal.getsignal(signal.SIGTERM)
    with ray_session() as session:
        assert signal.getsignal(signal.SIGTERM) is handler
        refs = [session.submit(double, number) for number in (1, 2, 3)]
        assert sorted(value for _, value in session.results(refs)) == [2, 4, 6]

        threading.Timer(1.0, session.stop).start()
        with pytest.raises(Cancelled):
            list(session.results([session.submit(sleep_long)]))
        with pytest.raises(Cancelled):
            session.submit(double, 1)
    assert not ray.is_initialized()


def fails(times: int, message: str, calls: list[dict]):
    def init(**options: object) -> None:
        calls.append(options)
        if len(calls) <= times:
            subprocess.Popen(["sleep", "600"])  # as a half-started Ray would leave
            raise Exception(message)

    return init


@pytest.mark.parametrize(
    ("times", "message", "starts", "raises"),
    [
        (2, "The current node timed out during startup.", 3, False),
        (3, "The current node timed out during startup.", 3, True),
        (1, "no such address", 1, True),
    ],
)
def test_a_ray_too_slow_to_start_is_tried_again_and_leaves_nothing(
    monkeypatch, times, message, starts, raises
):
    calls: list[dict] = []
    before = set(psutil.Process().children())
    monkeypatch.setattr(ray, "init", fails(times, message, calls))
    monkeypatch.setattr(ray, "shutdown", lambda **_: None)
    with pytest.raises(Exception, match=message) if raises else nullcontext(), ray_session():
        pass
    assert len(calls) == starts
    assert set(psutil.Process().children()) <= before
