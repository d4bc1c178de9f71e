"""CPU seconds of a command and of every process it starts or leaves behind.

The kernel counts a process that ended to whoever waits for it. So each command runs under a meter, this file
as a process of its own, that adopts orphans (PR_SET_CHILD_SUBREAPER) and waits for all of them. Ray's raylet
ignores SIGCHLD, so nobody ever waits for its workers: what they used is taken from the last look at them, at
most a quarter of a second before their end.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_POLL_S = 0.25
_GRACE_S = 60.0  # for processes that outlive the command
_SIGCHLD_BIT = 1 << (signal.SIGCHLD - 1)


class CommandFailed(Exception):
    """A measured command ended with another code than 0; the text ends with what it printed."""


@dataclass(frozen=True)
class Usage:
    """What a command and its descendants took."""

    cpu_s: float  # user and system
    wall_s: float  # until the command and its last descendant had ended
    unwaited_s: float  # the part of it that was polled, since nobody waited for the process
    left_behind: int  # processes that were still there a minute after the command and had to be killed
    exit_code: int
    stdout: str = ""


def measure(command: Sequence[str], env: Mapping[str, str] | None = None) -> Usage:
    """Run a command in this working folder until it and all its descendants have ended.

    `env` is added to this process's. Raises CommandFailed.
    """
    with tempfile.TemporaryDirectory(prefix="emo2-meter-") as folder:
        result = Path(folder) / "usage.json"
        meter = [sys.executable, "-m", "benchmarks.cpu", str(result), *command]
        done = subprocess.run(meter, capture_output=True, text=True, env={**os.environ, **(env or {})})
        if not result.exists():
            raise CommandFailed(f"the meter of {' '.join(command)} failed:\n{done.stderr[-2000:]}")
        usage = Usage(**json.loads(result.read_text()) | {"stdout": done.stdout})
    if usage.exit_code:
        printed = (done.stdout + done.stderr)[-2000:]
        raise CommandFailed(f"{' '.join(command)} ended with code {usage.exit_code}:\n{printed}")
    return usage


def main() -> None:
    """The meter: `python -m benchmarks.cpu RESULT COMMAND...`."""
    result, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command; the meter waits for its end
    pid = os.posix_spawnp(command[0], command, os.environ, setsigdef=[signal.SIGINT])
    Path(result).write_text(json.dumps(asdict(_wait_for_all(pid))))


def _wait_for_all(first: int) -> Usage:
    unwaited, left_behind, status = _Unwaited(), 0, 0
    began_at, kill_at = time.monotonic(), float("inf")
    while True:
        unwaited.look()
        ended = _reap()
        if ended is None:
            break
        unwaited.waited(ended)
        if first in ended:
            status, kill_at = ended[first], time.monotonic() + _GRACE_S
        if time.monotonic() > kill_at:
            left_behind += _kill_children()
        time.sleep(_POLL_S)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = used.ru_utime + used.ru_stime + unwaited.cpu_s
    wall_s = time.monotonic() - began_at
    return Usage(cpu_s, wall_s, unwaited.cpu_s, left_behind, os.waitstatus_to_exitcode(status))


def _reap() -> dict[int, int] | None:
    """Status by pid of the children that ended, None once there are no children left and none ended."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended or None
        if pid == 0:
            return ended
        ended[pid] = status


def _kill_children() -> int:
    children = psutil.Process().children()
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    return len(children)


class _Unwaited:
    """CPU seconds of descendants whose parent ignores SIGCHLD, which the kernel counts to nobody."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._seen: dict[
            int, tuple[float, bool]
        ] = {}  # pid -> (own and waited-for CPU s, parent ignores SIGCHLD)

    def look(self) -> None:
        """Look at all descendants; those that vanished without being waited for are added up."""
        now: dict[int, tuple[float, bool]] = {}
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                now[process.pid] = (sum(process.cpu_times()[:4]), _ignores_sigchld(process.ppid()))
        self.cpu_s += sum(used for pid, (used, ignored) in self._seen.items() if ignored and pid not in now)
        self._seen = now

    def waited(self, pids: Iterable[int]) -> None:
        """These ended and the kernel counted them."""
        for pid in pids:
            self._seen.pop(pid, None)


def _ignores_sigchld(pid: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(line for line in lines if line.startswith("SigIgn:"))
    return bool(int(mask.split()[1], 16) & _SIGCHLD_BIT)


if __name__ == "__main__":
    main()
