"""Programs that go on after the command that started them, found again by pid and start time, and stopped whole."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_SAME_START_S = 0.5  # the kernel counts start times in hundredths, from a boot time that a clock may shift


@dataclass(frozen=True)
class Daemon:
    """One program at work; a pid alone may be another program's by now."""

    name: str
    pid: int
    started_at: float  # seconds since 1970, as the kernel tells
    log: Path

    @property
    def is_alive(self) -> bool:
        return self.process() is not None

    def process(self) -> psutil.Process | None:
        """The program itself; None where it has ended, even if another one has its pid."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) < _SAME_START_S
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        with suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def stop(self, patience_s: float = 20.0) -> bool:
        """Ask it to end; whether it did within its time. What it started is `family.members` and may go on."""
        process = self.process()
        if process is None:
            return True
        with suppress(psutil.NoSuchProcess):
            process.terminate()
        _, left = psutil.wait_procs([process], timeout=patience_s)
        return not left


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path
) -> Daemon:
    """Start a program in a session of its own, so that no Ctrl-C of a terminal reaches it.

    environment: all of it. folder: where it works. Its words are added to `log`.
    """
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    return Daemon(name, process.pid, psutil.Process(process.pid).create_time(), log)


def own_environment() -> dict[str, str]:
    """This command's, without what it says of other Prefect servers and other Rays."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "RAY_"))}
