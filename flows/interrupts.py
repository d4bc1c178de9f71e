"""Stopping a run: the first signal stops it, the next ones cannot stop the tidying up."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

import psutil

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_S = 20.0  # tidying up takes about 5 s; an engine that lost its server would try for minutes
_STOPPED = "emo2: stopped; what was committed stays, and running it again goes on from there"


@contextmanager
def deferred_signals() -> Iterator[None]:
    """SIGINT and SIGTERM that arrive inside are delivered when the block is done; for steps that must be whole."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    handlers = {number: signal.signal(number, lambda got, _: arrived.append(got)) for number in _SIGNALS}
    try:
        yield
    finally:
        _restore(handlers)
        if arrived:
            signal.raise_signal(arrived[0])


@contextmanager
def sigterm_kept() -> Iterator[None]:
    """Keeps this process's SIGTERM handler through a block in which a library installs one that exits.

    A SIGTERM that the library turned into its exit code is raised again for the handler that was there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit as error:
        _restore({signal.SIGTERM: handler})
        if error.code == signal.SIGTERM:
            signal.raise_signal(signal.SIGTERM)
        raise
    finally:
        _restore({signal.SIGTERM: handler})


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Ends the program on Ctrl-C or SIGTERM with one line and the shell's exit code (130, 143).

    From the first signal on the engines' logs are silent, since they tell of a stop as of an error, and further
    signals are ignored. Where tidying up takes too long, every process that was started is killed.
    """
    stopping = _Stopping()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        if handlers[number] is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, stopping.raise_once)
    try:
        with stopping.noticed():
            yield
    except BaseException:
        if not stopping.number:
            raise
        stopping.leave()
    finally:
        if not stopping.number:
            _restore(handlers)


class _Stopping:
    """The first signal that came, and what follows from it."""

    def __init__(self) -> None:
        self.number = 0
        self._raised = False
        self._told = threading.Lock()

    def raise_once(self, number: int, _: FrameType | None) -> None:
        """The handler of both signals."""
        self._notice(number)
        if not self._raised:
            self._raised = True
            raise KeyboardInterrupt

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Notice signals even while an engine has handlers of its own: Python writes their numbers to a pipe."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, args=(reader,), daemon=True, name="signals").start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            os.close(writer)

    def leave(self) -> NoReturn:
        """Exit by way of the engines' own exit handlers."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._tell()
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (kept to the end of the program)
        sys.exit(128 + self.number)

    def _notice(self, number: int) -> None:
        if not self.number:
            self.number = number
            logging.disable(logging.CRITICAL)

    def _watch(self, reader: int) -> None:
        while not self.number and (numbers := os.read(reader, 1)):
            if numbers[0] in _SIGNALS:
                self._notice(numbers[0])
        if not self.number:
            os.close(reader)
            return
        time.sleep(_PATIENCE_S)  # the pipe stays open for further signals
        self._kill_all()

    def _kill_all(self) -> None:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._tell()
        os._exit(128 + self.number)

    def _tell(self) -> None:
        if self._told.acquire(blocking=False):
            print(_STOPPED, file=sys.stderr, flush=True)


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
