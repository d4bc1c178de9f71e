"""Silence for native libraries that write to the process's stderr past Python."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """Sends file descriptor 2 to nowhere while the block runs; for loading models, not for working on media.

    MediaPipe prints its delegate and warnings there and heeds no log level. The descriptor belongs to the
    whole process, so what other threads write meanwhile is lost too; and what a crash would print, which is
    why the block should be short.
    """
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
