"""The other end of a Guard: `python -m datasets.media.guard_child SOCKET PARENT MEMORY_BYTES`."""

import ctypes
import json
import os
import resource
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

import pyarrow as pa

from datasets.log_lines import LogLine, gathered
from datasets.media.errors import MediaError
from datasets.media.memory_cap import MemoryCap
from datasets.reasons import Reason

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MEMORY_MARKS = ("Insufficient memory", "Cannot allocate memory", "bad_alloc", "out of memory")
Answer = tuple[dict[str, Any], pa.Table | None]


def main() -> None:
    """Answers calls until the parent closes the socket or dies."""
    socket, parent, memory_bytes = (int(argument) for argument in sys.argv[1:])
    _die_with(parent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection, cap = Connection(socket), MemoryCap(memory_bytes)
    while True:
        try:
            call = json.loads(connection.recv_bytes())
        except EOFError:
            return
        _answer(connection, cap, call)


def _die_with(parent: int) -> None:
    """Has the kernel kill this process when its parent dies, even while a library holds the interpreter."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        sys.exit(0)


def _answer(connection: Connection, cap: MemoryCap, call: dict[str, Any]) -> None:
    """Sends that the function is loaded, what was logged meanwhile, its answer's header, and its table if any."""
    with gathered() as lines:
        answer = _called(connection, cap, call)
    for message in (_log(lines), *answer):
        connection.send_bytes(message)


def _called(connection: Connection, cap: MemoryCap, call: dict[str, Any]) -> list[bytes | pa.Buffer]:
    """The answer's messages; that the function is loaded is sent before it is called."""
    try:
        function = cap.load(call["function"])
    except Exception:
        connection.send_bytes(b"not loaded")
        return [_failure("bug", traceback.format_exc())]
    connection.send_bytes(b"loaded")
    try:
        return _messages(function(call["request"]))
    except Exception as error:
        return [_failed(error)]


def _log(lines: list[LogLine]) -> bytes:
    return json.dumps([[line.level, line.text] for line in lines]).encode()


def _messages(returned: Any) -> list[bytes | pa.Buffer]:
    values, table = returned if isinstance(returned, tuple) else (returned, None)
    header = json.dumps({"values": values, "has_table": table is not None}).encode()
    if table is None:
        return [header]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return [header, sink.getvalue()]


def _failed(error: Exception) -> bytes:
    if isinstance(error, MediaError):
        return _failure("media", error.detail, error.reason)
    if isinstance(error, MemoryError) or any(mark in str(error) for mark in _MEMORY_MARKS):
        return _failure("media", f"{type(error).__name__}: {error}", Reason.OUT_OF_MEMORY)
    return _failure("bug", traceback.format_exc())


def _failure(kind: str, detail: str, reason: Reason | None = None) -> bytes:
    return json.dumps({"error": kind, "detail": detail, "reason": reason}).encode()


if __name__ == "__main__":
    main()
