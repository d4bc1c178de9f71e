"""Work in a bounded stream, without Ray: what is put and what comes back (flows.task_queue)."""

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest
from ray.exceptions import WorkerCrashedError

from flows.ray_session import RaySession
from flows.task_queue import Failed, TaskQueue


class Immediate(RaySession):
    """Does the work as it is submitted, and hands it out in order; counts what is in flight."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []
        self._numbers = count()
        self.most = 0

    def submit(self, function: Any, *args: Any) -> Any:
        self.order.append(args[0])
        return next(self._numbers), function(*args)

    def first(self, refs: Iterable[Any]) -> Any:
        waiting = list(refs)
        self.most = max(self.most, len(waiting))
        return waiting[0]

    def value(self, ref: Any) -> Any:
        if isinstance(ref[1], Exception):
            raise ref[1]
        return ref[1]

    def room(self) -> int:
        return 3


def test_everything_that_is_put_comes_back_with_its_tag():
    queue = TaskQueue(Immediate())
    for name in "abcde":
        queue.put(f"tag {name}", str.upper, name)
    assert sorted(queue.results()) == [(f"tag {name}", name.upper()) for name in "abcde"]


def test_no_more_is_in_flight_than_the_session_has_room_for():
    for in_flight, most in ((None, 3), (1, 1)):
        session = Immediate()
        queue = TaskQueue(session, in_flight)
        for name in "abcdefgh":
            queue.put(name, str.upper, name)
        assert len(list(queue.results())) == 8
        assert session.most == most


def test_what_is_put_soon_goes_before_all_that_waits():
    session = Immediate()
    queue = TaskQueue(session, 1)
    for name in "abc":
        queue.put(name, str.upper, name)
    for tag, _ in queue.results():
        if tag == "a":
            queue.put("x", str.upper, "x", soon=True)
    assert session.order == ["a", "x", "b", "c"]


def dies(_: str) -> Exception:
    return WorkerCrashedError()


def test_a_task_that_may_fail_comes_back_as_failed_and_another_raises():
    queue = TaskQueue(Immediate())
    queue.put("a", dies, "x", may_fail=True)
    queue.put("b", str.upper, "y")
    (_, failed), after = queue.results()
    assert isinstance(failed, Failed)
    assert failed.sentence.startswith("WorkerCrashedError: The worker died unexpectedly")
    assert after == ("b", "Y")
    queue.put("c", dies, "x")
    with pytest.raises(WorkerCrashedError):
        list(queue.results())
