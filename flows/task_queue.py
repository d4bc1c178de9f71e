"""Work for Ray in a bounded stream: what finishes may bring more, and only so much is in flight at a time."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ray import ObjectRef
from ray.exceptions import RayError

from flows.ray_session import RaySession


@dataclass(frozen=True)
class Failed:
    """In place of the value of a task that raised, or whose process died."""

    sentence: str


@dataclass(frozen=True)
class _Task:
    tag: Any
    function: Any
    args: tuple[Any, ...]
    may_fail: bool


class TaskQueue:
    """Tasks that wait here rather than in Ray, so that neither memory nor a kill's loss grows with the source."""

    def __init__(self, session: RaySession, in_flight: int | None = None):
        """in_flight: by default what the session has room for, as its cluster grows and shrinks."""
        self._session, self._in_flight = session, in_flight
        self._waiting: deque[_Task] = deque()
        self._running: dict[ObjectRef, _Task] = {}

    def put(self, tag: Any, function: Any, *args: Any, soon: bool = False, may_fail: bool = False) -> None:
        """Have `function` run on `args`; `soon` before all that waits. `tag` comes back with its result.

        may_fail: the result is Failed, rather than that what a worker raised is raised to whoever takes it.
        """
        task = _Task(tag, function, args, may_fail)
        self._waiting.appendleft(task) if soon else self._waiting.append(task)

    def results(self) -> Iterator[tuple[Any, Any]]:
        """(tag, value) as each finishes, until nothing is left; more may be put meanwhile.

        Raises what a worker raised, or Cancelled.
        """
        while self._waiting or self._running:
            while self._waiting and len(self._running) < (self._in_flight or self._session.room()):
                task = self._waiting.popleft()
                self._running[self._session.submit(task.function, *task.args)] = task
            ref = self._session.first(self._running)
            task = self._running.pop(ref)
            yield task.tag, self._value(ref, task)

    def _value(self, ref: ObjectRef, task: _Task) -> Any:
        try:
            return self._session.value(ref)
        except RayError as error:
            if not task.may_fail:
                raise
            return Failed(_sentence(error))


def _sentence(error: RayError) -> str:
    """What went wrong in one line: of what a worker raised, not of where."""
    cause = getattr(error, "cause", None) or error
    lines = [line for line in str(cause).splitlines() if line.strip()]
    return f"{type(cause).__name__}: {lines[0].strip() if lines else 'no more is known'}"
