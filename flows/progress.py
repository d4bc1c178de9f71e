"""How far a run is, told to whoever listens: the terminal now, the Prefect UI later."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Hears of a run's progress, from any of the flow's threads."""

    def started(self, total: int) -> None:
        """So many videos, or clips, are to be worked on."""
        ...

    def advanced(self, done: int, note: str = "") -> None:
        """So many are committed by now; `note` says more of them."""
        ...


class Silent:
    """The listener of a run that nobody watches."""

    def started(self, total: int) -> None:
        pass

    def advanced(self, done: int, note: str = "") -> None:
        pass


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
