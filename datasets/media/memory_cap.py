"""How much memory the decoding of untrusted media may take, as a limit on a process's address space."""

import importlib
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class MemoryCap:
    """Limits the address space to what was taken outside of it, such as by imports, plus a budget."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._outside_bytes = _address_space_bytes()
        self._set_bytes: int | None = None  # what the limit was when it was last set here

    def load(self, name: str) -> Callable[[dict[str, Any]], Any]:
        """The function "package.module:name", imported outside the budget; then sets the limit."""
        limit_bytes, _ = resource.getrlimit(resource.RLIMIT_AS)
        if self._set_bytes is not None:
            self._outside_bytes += max(0, limit_bytes - self._set_bytes)  # taken in `outside_the_cap` since
        taken = _unlimited()
        module, _, attribute = name.partition(":")
        function = getattr(importlib.import_module(module), attribute)
        self._outside_bytes += taken()
        _limit_address_space(self._outside_bytes + self._budget_bytes)
        self._set_bytes, _ = resource.getrlimit(resource.RLIMIT_AS)
        return function


@contextmanager
def outside_the_cap() -> Iterator[None]:
    """For a block that opens nothing untrusted: it may take what it needs, and what it keeps is added to the limit.

    Models are larger than any budget for a decoder, and CUDA alone maps more than most machines have. Without a
    limit nothing changes.
    """
    limit_bytes, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit_bytes == resource.RLIM_INFINITY:
        yield
        return
    taken = _unlimited()
    try:
        yield
    finally:
        _limit_address_space(limit_bytes + max(0, taken()))


def _unlimited() -> Callable[[], int]:
    """Lifts the limit; gives what tells how many bytes were taken since."""
    before_bytes = _address_space_bytes()
    _limit_address_space(resource.RLIM_INFINITY)
    return lambda: _address_space_bytes() - before_bytes


def _address_space_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _limit_address_space(limit_bytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit_bytes = hard if limit_bytes == resource.RLIM_INFINITY else min(limit_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, hard))
