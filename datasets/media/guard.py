"""Calls functions on untrusted media in a child process that a deadline and a memory cap end."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, Self

import pyarrow as pa

from datasets.log_lines import checked_lines
from datasets.media.errors import MediaError
from datasets.reasons import Reason

# Starting Python and importing what a called function needs; apart from the deadline, which is for the work.
_STARTUP_S = 180.0
_STDERR_BYTES = 2000
_LOG_BYTES = 1 << 19  # 51 lines of 500 characters, each of which JSON may write as twelve bytes
# What C++ and C libraries print before they abort for lack of memory.
_MEMORY_MARKS = ("bad_alloc", "MemoryError", "Cannot allocate memory", "out of memory")

_logger = logging.getLogger(__name__)
_logger.addHandler(logging.NullHandler())  # where nobody gathers a log, a child's lines stay off the terminal


class GuardedError(Exception):
    """A guarded function failed, and not because of the media: the text is the child's traceback."""


@dataclass(frozen=True)
class Reply:
    """What a guarded function returned."""

    values: dict[str, Any]
    table: pa.Table | None = None


class Guard:
    """A child process that runs one function at a time; a context manager.

    The child starts at the first call, stays for the next, and is replaced after any failure that may have
    left it in a bad state. It ends with the `with` block, and with this process however that ends.
    Calls from several threads wait for each other.
    """

    def __init__(self, deadline_s: float, memory_bytes: int, *, scratch: Path | None = None) -> None:
        """memory_bytes: address space a call may take beyond what importing its module took.

        Libraries that a function imports later count: about 0.5 GiB for mediapipe, 1 GiB for torch.
        scratch: where the child puts temporary files, which it cannot remove when it is killed.
        """
        self._deadline_s, self._memory_bytes, self._scratch = deadline_s, memory_bytes, scratch
        self._lock = threading.Lock()
        # The kernel ends the child with the thread that started it: that one must last as long as the guard.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="guard")
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the child at once."""
        self._drop_child()
        self._starter.shutdown()

    def call(self, function: str, request: dict[str, Any], *, deadline_s: float | None = None) -> Reply:
        """What `function` ("package.module:name") returns for a request: a dict, or (dict, pa.Table).

        What it logs and warns of is logged here, as from this module. Raises MediaError as the function raised it,
        or with TIMEOUT, OUT_OF_MEMORY or CRASHED; GuardedError for every other exception in the function.
        """
        message = json.dumps({"function": function, "request": request}).encode()
        with self._lock:
            try:
                return self._exchange(message, self._deadline_s if deadline_s is None else deadline_s)
            except MediaError as error:
                if error.reason in (Reason.TIMEOUT, Reason.OUT_OF_MEMORY, Reason.CRASHED):
                    self._drop_child()
                raise
            except GuardedError:
                raise
            except BaseException:  # Ctrl-C among them: the child is in the middle of a call
                self._drop_child()
                raise

    def _exchange(self, message: bytes, deadline_s: float) -> Reply:
        if self._child is None:
            self._child = self._starter.submit(_Child, self._memory_bytes, self._scratch).result()
        child = self._child
        child.send(message)
        child.receive(_STARTUP_S)  # the function's module is imported
        ends_at = time.monotonic() + deadline_s
        _tell(child.receive(deadline_s))
        header = json.loads(child.receive(max(0.0, ends_at - time.monotonic())))
        if "error" in header:
            raise _error(header)
        if not header["has_table"]:
            return Reply(header["values"])
        table = child.receive(max(0.0, ends_at - time.monotonic()))
        return Reply(header["values"], pa.ipc.open_stream(table).read_all())

    def _drop_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


def _environment(scratch: Path | None) -> dict[str, str]:
    packages = os.pathsep.join(path or os.getcwd() for path in sys.path)
    return {**os.environ, "PYTHONPATH": packages} | ({"TMPDIR": str(scratch)} if scratch else {})


class _Child:
    """The child process and the socket to it."""

    def __init__(self, memory_bytes: int, scratch: Path | None) -> None:
        ours, theirs = socket.socketpair()
        self._errors: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115 (closed in kill)
        with theirs:
            self._process = subprocess.Popen(
                [*_COMMAND, str(theirs.fileno()), str(os.getpid()), str(memory_bytes)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env=_environment(scratch),
                start_new_session=True,  # a Ctrl-C in the terminal is for the parent to handle
            )
        self._connection = Connection(ours.detach())

    def send(self, message: bytes) -> None:
        self._errors.truncate(0)
        try:
            self._connection.send_bytes(message)
        except OSError:
            raise self._crashed() from None

    def receive(self, timeout_s: float) -> bytes:
        try:
            if not self._connection.poll(timeout_s):
                raise MediaError(Reason.TIMEOUT, f"no answer within {timeout_s:.1f} s")
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            raise self._crashed() from None

    def kill(self) -> None:
        """Ends the child and everything it started."""
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._connection.close()
        self._errors.close()

    def _crashed(self) -> MediaError:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0  # it closed its socket and goes on
        tail = _last_words(self._errors)
        short_of_memory = any(mark in tail for mark in _MEMORY_MARKS)
        reason = Reason.OUT_OF_MEMORY if short_of_memory else Reason.CRASHED
        return MediaError(reason, f"the decoding process ended with {_exit_name(code)}: {tail}".rstrip(": "))


def _tell(message: bytes) -> None:
    """Log what the child logged; a child that a video has taken over may send anything, and more than it should."""
    if len(message) > _LOG_BYTES:
        return
    try:
        lines = checked_lines(json.loads(message))
    except (ValueError, RecursionError):
        return
    for line in lines:
        _logger.log(line.level, "%s", line.text)


_COMMAND = [sys.executable, "-P", "-X", "faulthandler", "-m", "datasets.media.guard_child"]


def _last_words(errors: IO[bytes]) -> str:
    """The end of what the child printed, without faulthandler's list of every extension module."""
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - 8 * _STDERR_BYTES))
    text, _, _ = errors.read().decode(errors="replace").partition("\nExtension modules:")
    return text.strip()[-_STDERR_BYTES:]


def _exit_name(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _error(header: dict[str, Any]) -> MediaError | GuardedError:
    if header["error"] == "media":
        return MediaError(Reason(header["reason"]), header["detail"])
    return GuardedError(header["detail"])
