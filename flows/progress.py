"""How far a run is, told to whoever listens: the terminal's bar, and the run's page in the Prefect UI."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Hears of a run's progress, from any of the flow's threads."""

    def started(self, total: int) -> None:
        """So many videos, or clips, are to be worked on."""
        ...

    def skipped(self, units: int) -> None:
        """So many of these videos, or clips, need no work, since the lake has them."""
        ...

    def made(self, clips: int, frames: int, units: float) -> None:
        """So many more clips are made, though not committed; `units`: videos, or clips, of work that this was.

        A part of a video counts as a fraction of one.
        """
        ...

    def advanced(self, done: int, note: str = "") -> None:
        """So many are committed by now; `note` says more of them."""
        ...

    def remark(self, sentence: str) -> None:
        """Something that a person should know now, such as what is missing; the run's log has it too."""
        ...


class Silent:
    """The listener of a run that nobody watches."""

    def started(self, total: int) -> None:
        pass

    def skipped(self, units: int) -> None:
        pass

    def made(self, clips: int, frames: int, units: float) -> None:
        pass

    def advanced(self, done: int, note: str = "") -> None:
        pass

    def remark(self, sentence: str) -> None:
        pass


class Several:
    """All of these hear the same."""

    def __init__(self, *listeners: Listener):
        self._listeners = listeners

    def started(self, total: int) -> None:
        for listener in self._listeners:
            listener.started(total)

    def skipped(self, units: int) -> None:
        for listener in self._listeners:
            listener.skipped(units)

    def made(self, clips: int, frames: int, units: float) -> None:
        for listener in self._listeners:
            listener.made(clips, frames, units)

    def advanced(self, done: int, note: str = "") -> None:
        for listener in self._listeners:
            listener.advanced(done, note)

    def remark(self, sentence: str) -> None:
        for listener in self._listeners:
            listener.remark(sentence)


# A flow's parameters are its form in the UI, so a listener cannot be one of them.
_listener: ContextVar[Listener] = ContextVar("listener")


def current() -> Listener:
    """The listener of this context, or a silent one."""
    return _listener.get(Silent())


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Runs started inside report to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
