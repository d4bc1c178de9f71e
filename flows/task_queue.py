"""Work for Ray in a bounded stream: what finishes may bring more, and only so much is in flight at a time."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from ray import ObjectRef

from flows.ray_session import RaySession


class TaskQueue:
    """Tasks that wait here rather than in Ray, so that neither memory nor a kill's loss grows with the source."""

    def __init__(self, session: RaySession, in_flight: int | None = None):
        """in_flight: by default what the session has room for, as its cluster grows and shrinks."""
        self._session, self._in_flight = session, in_flight
        self._waiting: deque[tuple[Any, Any, tuple[Any, ...]]] = deque()
        self._running: dict[ObjectRef, Any] = {}

    def put(self, tag: Any, function: Any, *args: Any, soon: bool = False) -> None:
        """Have `function` run on `args`; `soon` before all that waits. `tag` comes back with its result."""
        task = (tag, function, args)
        self._waiting.appendleft(task) if soon else self._waiting.append(task)

    def results(self) -> Iterator[tuple[Any, Any]]:
        """(tag, value) as each finishes, until nothing is left; more may be put meanwhile.

        Raises what a worker raised, or Cancelled.
        """
        while self._waiting or self._running:
            while self._waiting and len(self._running) < (self._in_flight or self._session.room()):
                tag, function, args = self._waiting.popleft()
                self._running[self._session.submit(function, *args)] = tag
            ref, value = next(self._session.results(self._running))
            yield self._running.pop(ref), value
