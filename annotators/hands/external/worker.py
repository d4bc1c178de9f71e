"""A process in another Python environment that finds hands in frames sent to it through a pipe."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np

from annotators.hands.external.workers.emo2_wire import read_message, write_message
from datasets.errors import UserError

WORKERS = Path(__file__).parent / "workers"
_GRACE_S = 2.0  # for a process that has closed its output to end by itself
_OURS_ALONE = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


class BackendError(UserError):
    """A hand backend in another environment cannot be used, or failed; the text says what to mend."""


class Worker:
    """The process; ends when closed, and with this process however that ends."""

    def __init__(
        self, name: str, command: Sequence[str], settings: Mapping[str, Any], *, deadline_s: float
    ) -> None:
        """Starts `command` (an interpreter and a script that calls `emo2_wire.serve`) and has it load its model.

        Raises BackendError where that fails or takes longer than the deadline.
        """
        self._name, self._python = name, command[0]
        self._errors: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115 (closed in close)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(),
            )
        except OSError as error:
            self._errors.close()
            raise BackendError(f"{name}: {command[0]} cannot be started ({error.strerror})") from error
        try:
            self._exchange(dict(settings), {}, deadline_s)
        except BaseException:
            self.close()
            raise

    def detect(self, frames: np.ndarray, *, deadline_s: float) -> dict[str, np.ndarray]:
        """The arrays the worker answers to frames (n, H, W, 3) uint8 RGB; raises BackendError."""
        return self._exchange({}, {"frames": frames}, deadline_s)

    def close(self) -> None:
        """Ends the process at once."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:  # what it had not read is not needed any more
                    continue

    def _exchange(
        self, header: dict[str, Any], arrays: dict[str, np.ndarray], deadline_s: float
    ) -> dict[str, np.ndarray]:
        """Killing the process at the deadline ends a blocked write as well as a blocked read."""
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(deadline_s, end)
        timer.start()
        try:
            write_message(cast(BinaryIO, self._process.stdin), header, arrays)
            answer, found = read_message(cast(BinaryIO, self._process.stdout))
        except (OSError, EOFError, ValueError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise self._ended(late.is_set(), deadline_s) from error
        finally:
            timer.cancel()
        if "error" in answer:
            raise BackendError(self._told(answer["error"], answer["text"]))
        return found

    def _told(self, kind: str, text: str) -> str:
        if kind in ("ModuleNotFoundError", "ImportError"):
            remedy = f"install what its README lists for {self._python}"
            return f"{self._name}: its environment lacks a package ({text}): {remedy}"
        if kind == "FileNotFoundError":
            return f"{self._name}: a file is missing ({text}): see docs/hands.md for what it needs where"
        return f"{self._name} failed ({kind}: {text}): try its own demo in the environment of {self._python}"

    def _ended(self, late: bool, deadline_s: float) -> BackendError:
        if late:
            remedy = "raise its deadline in the backends file, or use a GPU"
            return BackendError(f"{self._name} did not answer within {deadline_s:g} s: {remedy}")
        try:
            code = self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            return BackendError(
                f"{self._name} answered with something that is not a message ({self._last_words()})"
            )
        remedy = f"try its own demo in the environment of {self._python}"
        return BackendError(f"{self._name} ended with code {code} ({self._last_words()}): {remedy}")

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"


def _environment() -> dict[str, str]:
    """Ours without what would have the other interpreter import our packages; with the files all workers share."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS_ALONE}
    return {**kept, "PYTHONPATH": str(WORKERS), "PYTHONUNBUFFERED": "1"}
