"""Work in a bounded stream, without Ray: what is put and what comes back (flows.task_queue)."""

from collections.abc import Iterable, Iterator
from typing import Any

from flows.ray_session import RaySession
from flows.task_queue import TaskQueue


class Immediate(RaySession):
    """Does the work as it is submitted, and hands it out in order; counts what is in flight."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []
        self.most = 0

    def submit(self, function: Any, *args: Any) -> Any:
        self.order.append(args[0])
        return args[0], function(*args)

    def results(self, refs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        waiting = list(refs)
        self.most = max(self.most, len(waiting))
        for ref in waiting:
            yield ref, ref[1]

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
