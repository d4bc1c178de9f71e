"""One writing run a lake: two that add the same clips at once would both find them missing."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.lake import Lake, LakeError
from flows.ledger import end_abandoned

_FILE = ".writing"


@contextmanager
def sole_writer(lake: Lake, flow: str) -> Iterator[None]:
    """Holds a local lake for one run of `flow`; the hold ends with this process, however that ends.

    Runs of `flow` that were killed before they could say so are marked as failed.

    Raises LakeError where another run holds the lake or its folder cannot be written to. An object store has
    no such lock: there, a deployment's concurrency limit of 1 has to keep runs apart.
    """
    if "://" in lake.uri:
        yield
        return
    with _opened(Path(lake.uri) / _FILE, lake.uri) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeError(
                f"another run is writing to the lake at {lake.uri}: wait until it has ended, then run this again"
            ) from None
        end_abandoned(lake, flow)
        yield


@contextmanager
def _opened(path: Path, lake_uri: str) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise LakeError(
            f"cannot write to the lake at {lake_uri} ({error.strerror}): check its permissions and the disk"
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
