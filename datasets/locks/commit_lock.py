"""One committer a lake: whatever looks first and commits then does both while it holds this lock."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from datasets.lake import Lake, LakeError
from datasets.locks.file_lock import opened, try_lock
from datasets.locks.lease import LeaseLost, LeaseTimeout, leased
from datasets.locks.lease_cell import STORE_ERRORS, LeaseCell

_FILE = ".committing"  # of a local lake
_CELL = "_lock"  # of a lake in an object store
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.005, 0.2  # a commit takes about as long


@contextmanager
def committing(lake: Lake, *, patience_s: float = 600) -> Iterator[Callable[[], None]]:
    """Holds the lake's commits for this thread; other threads, processes and machines wait for it.

    Not to be entered twice by one thread. What it gives is to be called before each commit: in an object store the
    hold is a lease, which a process that stood still for a minute has lost.

    Raises LakeError where the lake cannot be written, when somebody else held it for all of `patience_s`, and
    where the hold was lost.
    """
    held = _leased if "://" in lake.uri else _locked
    with held(lake, patience_s) as check:
        yield check


@contextmanager
def _locked(lake: Lake, patience_s: float) -> Iterator[Callable[[], None]]:
    with _opened(lake) as descriptor:
        _wait(lake, descriptor, patience_s)
        os.pwrite(descriptor, _me().encode(), 0)
        try:
            yield lambda: None
        finally:
            os.ftruncate(descriptor, 0)


@contextmanager
def _opened(lake: Lake) -> Iterator[int]:
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(opened(Path(lake.uri) / _FILE))
        except OSError as error:
            raise LakeError(
                f"cannot write to the lake at {lake.uri} ({error.strerror}): check its permissions and the disk"
            ) from error
        yield descriptor


def _wait(lake: Lake, descriptor: int, patience_s: float) -> None:
    end_s, wait_s = time.monotonic() + patience_s, _FIRST_WAIT_S
    while not try_lock(descriptor):
        holder = os.pread(descriptor, 200, 0).decode()
        # A new holder takes a moment to write its name over one who was killed.
        if holder == _me() and wait_s == _LONGEST_WAIT_S:
            raise RuntimeError("this thread is committing already: `committing` was entered twice")
        if time.monotonic() > end_s:
            raise _too_long(lake, holder, patience_s)
        time.sleep(wait_s * random.uniform(0.5, 1.0))
        wait_s = min(wait_s * 2, _LONGEST_WAIT_S)


@contextmanager
def _leased(lake: Lake, patience_s: float) -> Iterator[Callable[[], None]]:
    cell = LeaseCell(f"{lake.uri}/{_CELL}", lake.storage_options)
    try:
        with ExitStack() as stack:
            try:
                lease = stack.enter_context(leased(cell, _me(), patience_s=patience_s))
            except LeaseTimeout as error:
                raise _too_long(lake, str(error), patience_s) from error
            except STORE_ERRORS as error:
                raise LakeError(
                    f"cannot write to the lake at {lake.uri} ({str(error).splitlines()[0]}):"
                    " check the permissions and the credentials"
                ) from error
            yield lease.check
    except LeaseLost as error:
        raise LakeError(
            f"this run lost its hold of the lake at {lake.uri}, since it stood still or could not reach the store:"
            " run it again, what was committed stays"
        ) from error


def _me() -> str:
    return f"process {os.getpid()} on {os.uname().nodename} (thread {threading.get_native_id()})"


def _too_long(lake: Lake, holder: str, patience_s: float) -> LakeError:
    return LakeError(
        f"{holder or 'another run'} has been committing to the lake at {lake.uri} for over {patience_s:.0f} s:"
        " wait until it has ended, or stop it, then run this again"
    )
