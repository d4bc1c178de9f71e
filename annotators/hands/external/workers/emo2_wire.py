"""Messages between emo2 and a worker in another Python environment: a JSON header, then raw arrays.

Both sides import this file. It needs numpy and Python 3.10; nothing is pickled.
"""

import json
import os
import queue
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

Arrays = dict[str, np.ndarray]
Message = tuple[dict[str, Any], Arrays]
Detect = Callable[[np.ndarray], Arrays]

_LENGTH = struct.Struct("<Q")
_MAX_HEADER_BYTES = 2**20
_MAX_ARRAY_BYTES = 2**31
_DTYPES = ("|u1", "<i8", "<f4", "<f8")


def write_message(stream: BinaryIO, header: dict[str, Any], arrays: Arrays) -> None:
    """Send a header of JSON values and arrays of uint8, int64, float32 or float64."""
    little = {
        name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()
    }
    layout = [[name, array.dtype.str, list(array.shape)] for name, array in little.items()]
    text = json.dumps({"header": header, "arrays": layout}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for array in little.values():
        stream.write(array.tobytes())
    stream.flush()


def read_message(stream: BinaryIO) -> Message:
    """The next header and its arrays. EOFError where the stream ends, ValueError for anything but a message."""
    (size,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if size > _MAX_HEADER_BYTES:
        raise ValueError("not a message")
    message = json.loads(_exactly(stream, size))
    return message["header"], {name: _array(stream, dtype, shape) for name, dtype, shape in message["arrays"]}


def serve(load: Callable[[dict[str, Any]], Detect]) -> None:
    """Be a worker on standard input and output until input ends, which ends the process at once.

    The first message holds the settings `load` gets; each later one holds `frames` (n, H, W, 3) uint8 RGB, and
    is answered with the arrays that the loaded function returns for them. An exception is answered with its
    class and text. What libraries print goes to standard error.
    """
    _lift_memory_limit()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.Queue[Message] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    detect: Detect | None = None
    while True:
        header, arrays = requests.get()
        try:
            if detect is None:
                detect, found = load(header), {}
            else:
                found = detect(arrays["frames"])
            write_message(replies, {}, found)
        except Exception as error:
            traceback.print_exc()
            write_message(replies, {"error": type(error).__name__, "text": str(error)}, {})


def _listen(requests: queue.Queue[Message]) -> None:
    """Ends the process with its parent, even while a network runs or hangs."""
    while True:
        try:
            requests.put(read_message(sys.stdin.buffer))
        except EOFError:
            os._exit(0)


def _lift_memory_limit() -> None:
    """A parent that opens untrusted media has its address space limited; CUDA alone maps more than that."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _array(stream: BinaryIO, dtype: str, shape: Any) -> np.ndarray:
    count = 1
    for length in shape:
        count *= int(length)
    size = count * np.dtype(dtype).itemsize if dtype in _DTYPES else -1
    if not 0 <= size <= _MAX_ARRAY_BYTES:
        raise ValueError("not a message")
    return np.frombuffer(_exactly(stream, size), np.dtype(dtype)).reshape(shape)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
