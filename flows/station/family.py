"""All processes of one station, whoever started them: those that carry its mark, and their own.

A program that is killed leaves its children to the system, so that parents alone do not tell whose they are.
"""

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from flows.station.daemon import Daemon

MARK = "EMO2_STATION"  # in the environment of everything a station starts: the folder of its state
_KILLED_WITHIN_S = 10.0


def members(state: Path, daemons: Iterable[Daemon] = ()) -> set[psutil.Process]:
    """Processes of the station of this folder that are at work.

    daemons: programs of which it is known that they were the station's; what is in their sessions is so too. Ray's
    processes write their titles over their environment, so that a mark may be gone.
    """
    sessions = {daemon.pid: daemon.started_at for daemon in daemons}
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        if _has_mark(process, str(state.resolve())) or _is_in_session(process, sessions):
            found |= {process, *_descendants(process)}
    return {process for process in found if process.pid != os.getpid() and _is_at_work(process)}


def families(processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    """These processes and all that they started."""
    return {each for process in processes for each in (process, *_descendants(process))}


def end(processes: Collection[psutil.Process]) -> None:
    """Kill them; nothing is asked any more."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=_KILLED_WITHIN_S)


def _has_mark(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error, OSError):
        return process.environ().get(MARK) == mark
    return False


def _is_in_session(process: psutil.Process, sessions: dict[int, float]) -> bool:
    with suppress(psutil.Error, OSError):
        started_at = sessions.get(os.getsid(process.pid))
        return started_at is not None and process.create_time() >= started_at - 1
    return False


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _is_at_work(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
