"""How far a run is, told to whoever listens: the terminal now, the Prefect UI later."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from flows.accounting import Counts


class Listener(Protocol):
    """Hears of a run's progress; called from the flow's own thread."""

    def started(self, videos: int) -> None:
        """`videos` were found in the source."""
        ...

    def advanced(self, counts: Counts) -> None:
        """A shard was committed; `counts` is the sum so far."""
        ...


class Silent:
    """The listener of a run that nobody watches."""

    def started(self, videos: int) -> None:
        pass

    def advanced(self, counts: Counts) -> None:
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
