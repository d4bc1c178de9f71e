"""Whether a run is still at work, told from outside: a run that was killed cannot say that it ended."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from datasets.lake import Lake, LakeError
from datasets.locks.file_lock import is_locked, lock, opened
from datasets.locks.lease_cell import STORE_ERRORS

_FOLDER = ".runs"  # of a local lake: a locked file for each run
_AHEAD = timedelta(minutes=5)  # more than clocks differ, and enough for a few beats to fail
_BEAT_S = 60.0


@contextmanager
def alive(lake: Lake, run_id: str) -> Iterator[None]:
    """Shows others that this run is at work, until the block ends or its process dies.

    To be entered before the run's row says "running". Raises LakeError where a local lake cannot be written.
    """
    with (_beating if "://" in lake.uri else _locked)(lake, run_id):
        yield


def is_alive(lake: Lake, run: Mapping[str, Any]) -> bool:
    """Whether a row of `runs` is of a run at work now, in any process that reaches the lake.

    In a folder the answer is exact. In an object store a killed run counts as alive for up to 5 minutes, and the
    machines' clocks must agree within a few.
    """
    if run["state"] != "running":
        return False
    if "://" not in lake.uri:
        return is_locked(_file(lake, run["run_id"]))
    until = run["alive_until"] or run["started_at"] + _AHEAD
    return until > datetime.now(UTC)


@contextmanager
def _locked(lake: Lake, run_id: str) -> Iterator[None]:
    path = _file(lake, run_id)
    with ExitStack() as stack:
        try:
            path.parent.mkdir(exist_ok=True)
            lock(stack.enter_context(opened(path)))
        except OSError as error:
            raise LakeError(
                f"cannot write to the lake at {lake.uri} ({error.strerror}): check its permissions and the disk"
            ) from error
        stack.callback(path.unlink, missing_ok=True)
        yield


def _file(lake: Lake, run_id: str) -> Path:
    return Path(lake.uri) / _FOLDER / run_id


@contextmanager
def _beating(lake: Lake, run_id: str) -> Iterator[None]:
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(lake, run_id, ended), name="alive", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(lake: Lake, run_id: str, ended: threading.Event) -> None:
    while not ended.wait(_BEAT_S):
        with suppress(*STORE_ERRORS):  # the next beat tries again
            _renew(lake, run_id)


def _renew(lake: Lake, run_id: str) -> None:
    until = f"timestamp '{datetime.now(UTC) + _AHEAD:%Y-%m-%dT%H:%M:%SZ}'"
    lake.table("runs").update({"alive_until": until}, where=f"run_id = '{run_id}' AND state = 'running'")
