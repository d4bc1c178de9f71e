"""One builder at a time for each environment."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.locks.file_lock import is_locked
from flows.environments.failures import cannot_write


@contextmanager
def building(environment: Path, on_wait: Callable[[], None]) -> Iterator[int]:
    """Hold the lock of that environment; gives the descriptor that holds it.

    The lock ends with the last process that has the descriptor open, however it ended: the installer of a builder
    that was killed still writes, and is waited for. on_wait: called once where another has the lock.
    """
    with _opened(environment) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor


def is_being_built(environment: Path) -> bool:
    """Whether somebody has the lock now."""
    return is_locked(_lock_file(environment))


@contextmanager
def _opened(environment: Path) -> Iterator[int]:
    path = _lock_file(environment)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock_file(environment: Path) -> Path:
    """Beside the environment, which a builder may have to delete first; never deleted itself."""
    return environment.parent / f".{environment.name}.lock"
