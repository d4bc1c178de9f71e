"""One Ray session a run: polled so that a cancel is seen, and gone when the run is."""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import ray

_OBJECT_STORE_BYTES = 256 << 20  # workers pass rows and ids, never frames
_POLL_S = 1.0


class Cancelled(Exception):
    """The run was stopped while this work was waiting for Ray."""


class RaySession:
    """Submits work and waits for it, from any thread, until told to stop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._pending: set[ray.ObjectRef] = set()

    def submit(self, function: Any, *args: Any) -> ray.ObjectRef:
        """Start a remote function."""
        if self._stopping.is_set():
            raise Cancelled
        ref = function.remote(*args)
        with self._lock:
            self._pending.add(ref)
        return ref

    def results(self, refs: Iterable[ray.ObjectRef]) -> Iterator[tuple[ray.ObjectRef, Any]]:
        """(ref, value) as each finishes; raises the worker's exception, or Cancelled after `stop`."""
        waiting = list(refs)
        while waiting:
            done, waiting = self._wait(waiting)
            for ref in done:
                yield ref, ray.get(ref)

    def stop(self) -> None:
        """Cancel what is running and make every waiter raise Cancelled."""
        self._stopping.set()
        with self._lock:
            pending = list(self._pending)
        for ref in pending:
            ray.cancel(ref, force=True)

    def _wait(self, refs: list[ray.ObjectRef]) -> tuple[list[ray.ObjectRef], list[ray.ObjectRef]]:
        while True:
            if self._stopping.is_set():
                raise Cancelled
            done, rest = ray.wait(refs, timeout=_POLL_S)
            if done:
                with self._lock:
                    self._pending.difference_update(done)
                return done, rest


@contextmanager
def ray_session(address: str | None = None) -> Iterator[RaySession]:
    """A session on `address`, on RAY_ADDRESS, or on a Ray of this machine's own that ends with the run.

    `ray.init` replaces the handler of SIGTERM, by which Prefect cancels a run: it is put back here.
    """
    restore = _remember_sigterm()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="lance is not fork-safe")  # Ray forks only to exec
        ray.init(**_options(address or os.environ.get("RAY_ADDRESS")))
    restore()
    session = RaySession()
    try:
        yield session
    finally:
        session.stop()
        ray.shutdown()


def _options(address: str | None) -> dict[str, Any]:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address:
        return {"address": address, **quiet}
    return {
        "num_cpus": os.cpu_count(),
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE_BYTES,
        "_node_ip_address": "127.0.0.1",
        **quiet,
    }


def _remember_sigterm() -> Callable[[], None]:
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    handler = signal.getsignal(signal.SIGTERM)

    def restore() -> None:
        signal.signal(signal.SIGTERM, handler)

    return restore
