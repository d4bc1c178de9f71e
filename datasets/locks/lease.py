"""A lock for processes that share nothing but an object store: held while it is renewed.

No clocks are compared. Who waits takes the lease over after watching its cell stand still for as long as the lease
lasts, counted from then; a holder counts from before it wrote, so it is the first to know that its time is up.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from datasets.locks.lease_cell import STORE_ERRORS, Holding, LeaseCell

LEASE_S = 60.0  # also how long others wait after a holder was killed
_BEATS = 4  # renewals a lease, so that one may fail
_RESERVE = 1 / 3  # of the lease; a commit that starts later might end after it
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.05, 0.4
_CLEANED_EVERY = 128  # versions; the more there are, the slower a cell opens


class LeaseLost(Exception):
    """The lease ran out under its holder, which stood still or could not reach the store."""


class LeaseTimeout(Exception):
    """Somebody else held the lease for as long as we waited; the text says who."""


class Lease:
    """One hold, renewed by a thread of its own until `end`."""

    def __init__(self, cell: LeaseCell, holding: Holding, since_s: float):
        self._cell = cell
        self._holding = holding
        self._since_s = since_s
        self._lost = False
        self._ended = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._beating.start()

    def check(self) -> None:
        """Raises LeaseLost unless there is time left to start a commit."""
        left_s = self._since_s + self._holding.lease_s - _now_s()
        if self._lost or left_s < self._holding.lease_s * _RESERVE:
            raise LeaseLost

    def end(self) -> None:
        """Give the lease back; raises LeaseLost where somebody took it before.

        Where the store cannot be reached the lease runs out by itself.
        """
        self._ended.set()
        self._beating.join()
        with suppress(*STORE_ERRORS):
            self._replace("")
            if self._holding.version % _CLEANED_EVERY < 2:
                self._cell.clean()
        if self._lost:
            raise LeaseLost

    def _beat(self) -> None:
        while not self._lost and not self._ended.wait(self._holding.lease_s / _BEATS):
            with suppress(*STORE_ERRORS):  # the next beat tries again
                self._replace(self._holding.token)

    def _replace(self, token: str) -> None:
        asked_s = _now_s()
        written = self._cell.replace(self._holding, token, self._holding.holder, self._holding.lease_s)
        if written:
            self._holding, self._since_s = written, asked_s
        else:
            self._lost = True


@contextmanager
def leased(cell: LeaseCell, holder: str, *, patience_s: float, lease_s: float = LEASE_S) -> Iterator[Lease]:
    """Holds the cell; others wait, for `lease_s` at most once this process is dead.

    `holder` tells people who it is. Raises LeaseTimeout, LeaseLost (at the end, where somebody took it over
    meanwhile), and what the store raises.
    """
    lease = _taken(cell, holder, patience_s, lease_s)
    try:
        yield lease
    except BaseException:
        with suppress(LeaseLost):
            lease.end()
        raise
    lease.end()


def _taken(cell: LeaseCell, holder: str, patience_s: float, lease_s: float) -> Lease:
    token, end_s, wait_s = uuid4().hex, _now_s() + patience_s, _FIRST_WAIT_S
    watched, since_s = cell.read(), _now_s()
    while True:
        if watched is None or not watched.token or _now_s() - since_s > watched.lease_s:
            asked_s = _now_s()
            taken = cell.replace(watched, token, holder, lease_s)
            # Asked again: a commit that is minutes late may fill the place of a version cleaned away.
            if taken and cell.read() == taken:
                return Lease(cell, taken, asked_s)
        elif _now_s() > end_s:
            raise LeaseTimeout(watched.holder)
        time.sleep(wait_s * random.uniform(0.5, 1.0))
        wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        if (newest := cell.read()) != watched:
            watched, since_s = newest, _now_s()


def _now_s() -> float:
    """Of this machine; goes on while the machine sleeps, as the others' clocks do."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
