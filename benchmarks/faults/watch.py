"""Whether anything outside was touched: a file that nobody may open, an address on loopback that nobody may ask."""

import ctypes
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_IN_OPEN = 0x20  # linux/inotify.h
_EVENT_BYTES = 4096


class Blind(Exception):
    """The watch did not see what was done to try it, so its silence would say nothing."""


class Watch:
    """Counts openings of the file and connections to the address."""

    def __init__(self, file: Path, listener: socket.socket, events: int):
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.requests = 0
        self._file, self._events = file, events
        self._listener = listener
        threading.Thread(target=self._count_requests, daemon=True, name="bait").start()

    def openings(self) -> int:
        """Since it was asked last."""
        with suppress(BlockingIOError):
            return len(os.read(self._events, _EVENT_BYTES)) // 16  # an event of a watched file has no name
        return 0

    def try_out(self) -> None:
        """Open the file and ask the address as poison would; raises Blind where one is not seen."""
        self._file.read_bytes()
        with socket.create_connection(self._listener.getsockname(), timeout=5) as connection:
            connection.recv(1)  # until it was counted and closed
        if not self.openings() or not self.requests:
            raise Blind(f"the watch on {self._file} and {self.url} sees nothing")
        self.requests = 0

    def _count_requests(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = self._listener.accept()
                self.requests += 1
                connection.close()


@contextmanager
def watched(file: Path) -> Iterator[Watch]:
    """A watch that was tried out, for as long as the block."""
    libc = ctypes.CDLL(None, use_errno=True)
    events = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if events < 0 or libc.inotify_add_watch(events, os.fsencode(file), _IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), f"cannot watch {file}")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            watch = Watch(file, listener, events)
            watch.try_out()
            yield watch
        finally:
            os.close(events)
