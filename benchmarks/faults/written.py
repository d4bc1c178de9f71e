"""Bytes written: the files that a lake has gained, and what the kernel counted for a command's processes."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_POLL_S = 0.2


@dataclass
class Written:
    """What happened while `watched` ran; `bytes` are known once it has ended."""

    files: int = 0  # bytes of files that are new or longer
    processes: int = 0  # bytes that processes wrote, to whatever file, at least


@contextmanager
def watched(folder: Path) -> Iterator[Written]:
    """Counts what this process and those it starts write, and the files that appear under `folder`.

    A process that ends is counted by the last look at it, at most a fifth of a second before.
    """
    written, before, watch = Written(), _sizes(folder), _Watch()
    watch.start()
    try:
        yield written
    finally:
        written.processes = watch.stop()
        after = _sizes(folder)
        written.files = sum(max(0, size - before.get(path, 0)) for path, size in after.items())


def _sizes(folder: Path) -> Mapping[Path, int]:
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


@dataclass
class _Watch:
    """Looks at the processes from a thread of its own."""

    _bytes: dict[tuple[int, float], int] = field(default_factory=dict)  # (pid, start) -> written so far
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _before: int = 0

    def start(self) -> None:
        self._look()
        self._before = sum(self._bytes.values())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Bytes since the start."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self._look()
        return sum(self._bytes.values()) - self._before

    def _run(self) -> None:
        while not self._stopped.wait(_POLL_S):
            self._look()

    def _look(self) -> None:
        me = psutil.Process()
        for process in [me, *me.children(recursive=True)]:
            with suppress(psutil.Error):
                key = (process.pid, process.create_time())
                self._bytes[key] = process.io_counters().write_bytes
