"""Whether the Ray that a run was told to use is there: asked before Ray is, which would wait for minutes."""

import os
import socket
import threading
import time
from urllib.parse import urlsplit

from flows.run_page.next_step import GOES_ON

_ANSWERS_WITHIN_S = 5.0
_OWN = ("", "auto", "local")  # found by Ray itself


class RayNotThere(ConnectionError):
    """The head does not answer; one sentence that names its address and the remedy."""


def ray_address(given: str | None) -> str | None:
    """Where a run looks for Ray: as its configuration says, else RAY_ADDRESS; None: it starts one of its own."""
    address = given or os.environ.get("RAY_ADDRESS") or ""
    return None if address in _OWN else address


def refuse_silent_head(given: str | None) -> None:
    """Raise RayNotThere where nothing listens at the address."""
    address = ray_address(given)
    silent = address and _silent(address)
    if silent:
        raise RayNotThere(
            f"no Ray head answers at {address} ({silent}): start it, with `make up` where it is this machine's, or"
            " give another address (ray_address, else RAY_ADDRESS of the worker); then press Retry or run this again"
        )


class HeadWatch:
    """Asks the head now and then, since Ray itself ends the process a minute after its head is gone, with no word."""

    def __init__(self, given: str | None, *, every_s: float = 5.0, patience_s: float = 15.0):
        """patience_s: of silence that is let pass, as a busy machine may need it."""
        self._address, self._every_s, self._patience_s = ray_address(given), every_s, patience_s
        self._lock = threading.Lock()
        self._asked_s = self._heard_s = time.monotonic()
        self._lost: str | None = None

    @property
    def is_lost(self) -> bool:
        """`check` has raised: whatever is asked of Ray from now on would wait until it ends the process."""
        return self._lost is not None

    def check(self) -> None:
        """Raise RayNotThere once the head has been silent for too long; cheap to call often, from any thread."""
        if self._address is not None and self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._asked_s >= self._every_s:
                    self._ask(self._address)
            finally:
                self._lock.release()
        if self._lost:
            raise RayNotThere(self._lost)

    def _ask(self, address: str) -> None:
        silent = _silent(address)
        self._asked_s = time.monotonic()
        if silent is None:
            self._heard_s = self._asked_s
        elif self._asked_s - self._heard_s >= self._patience_s:
            self._lost = (
                f"the Ray head at {address} went away while the run was at work ({silent}): start it again, with"
                f" `make up` where it is this machine's; {GOES_ON}"
            )


def _silent(address: str) -> str | None:
    """Why the address does not answer; None where something listens there."""
    try:
        parts = urlsplit(address if "://" in address else f"ray://{address}")
        with socket.create_connection((parts.hostname or "", parts.port or 6379), timeout=_ANSWERS_WITHIN_S):
            return None
    except (OSError, ValueError) as error:
        return str(error)
