"""An `emo2` command as a person starts it, and what a fault does to it: killed, told to stop, waited for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil

EMO2 = str(Path(sys.executable).with_name("emo2"))
LONGEST_S = 900.0  # no run of this suite takes a third of it on an idle machine
_MARK = "EMO2_FAULTS_COMMAND"
_ORPHANS_S = 45.0  # Ray's processes notice within some seconds that their driver is gone
_POLL_S = 0.05


class NeverHappened(Exception):
    """What a part waited for did not come: the suite cannot tell anything then."""


class Command:
    """A program in a session of its own, as in a terminal.

    Every process it starts inherits a mark in its environment, by which it is found again whoever adopts it.
    """

    def __init__(self, command: Sequence[str], *, log: Path, env: Mapping[str, str]):
        self.mark, self.log, self.line = uuid4().hex, log, " ".join(command)
        self.began_s = time.monotonic()
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **env, _MARK: self.mark},
                start_new_session=True,
            )

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.began_s

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def processes(self) -> list[psutil.Process]:
        """What is alive of the command, itself included."""
        return [process for process in psutil.process_iter() if self._is_mine(process)]

    def workers(self) -> list[psutil.Process]:
        """Ray's worker processes that hold a task now."""
        return [process for process in self.processes() if _is_at_work(process)]

    def signal(self, number: int) -> None:
        """Send a signal to the program alone, as `kill PID` does."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    def wait(self, timeout_s: float = LONGEST_S) -> int:
        """Its exit code; raises NeverHappened."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise NeverHappened(f"no end of {self.line} after {timeout_s:.0f} s: {self.said()}") from None

    def runs_until(self, age_s: float) -> bool:
        """Wait until the command is that old; False where it has ended before."""
        try:
            self.process.wait(max(0.0, age_s - self.age_s))
        except subprocess.TimeoutExpired:
            return True
        return False

    def settle(self) -> int:
        """Wait until no process of an ended command is left; those that stay are killed, and counted."""
        with suppress(NeverHappened):
            wait_until(lambda: not self.processes(), _ORPHANS_S, "the end of its processes")
            return 0
        return self.end()

    def end(self) -> int:
        """Kill all that is left of it, by its PID; how many that were."""
        left = self.processes()
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_ORPHANS_S)
        return len(left)

    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-1500:]

    def _is_mine(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(_MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def kill_9(command: Command) -> int:
    """End the program as the kernel does for lack of memory; its orphans may end by themselves, else are counted."""
    command.signal(signal.SIGKILL)
    command.wait(_ORPHANS_S)
    return command.settle()


def wait_until(holds: Callable[[], object], seconds: float, what: str) -> None:
    """Raises NeverHappened, naming `what`."""
    ends_s = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends_s:
            raise NeverHappened(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(_POLL_S)


def _is_at_work(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        name = " ".join(process.cmdline())
        return name.startswith("ray::") and not name.startswith("ray::IDLE")
    return False
