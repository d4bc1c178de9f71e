"""One Ray session a run: polled so that a cancel is seen, and gone when the run is."""

import os
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from typing import Any

import psutil
import ray
from ray._private import services

from flows.interrupts import deferred_signals, sigterm_kept
from flows.ray_head import HeadWatch
from flows.run_page import worker_log

_OBJECT_STORE_BYTES = 256 << 20  # workers pass rows and ids, never frames
_POLL_S = 1.0
_STARTS = 3  # Ray gives its own processes 30 s to start, which a busy machine may not keep
_MAX_TEMP_CHARACTERS = 40  # Ray adds up to 66 for its sockets, whose paths Linux limits to 107
_ENDING_S = 5.0
_LEAVING_S = 10.0  # a wait polls every second; a result is fetched sooner
_CALLS_A_CPU = 2


class Cancelled(Exception):
    """The run was stopped while this work was waiting for Ray."""


class RaySession:
    """Submits work and waits for it, from any thread, until told to stop.

    What workers log goes to the log of the run in whose context the session was made. head: watched while work is
    waited for; once it is gone nothing is asked of Ray any more, which would end the process.
    """

    def __init__(self, head: HeadWatch | None = None) -> None:
        self._head = head
        self._log = worker_log.current()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._pending: set[ray.ObjectRef] = set()
        self._left = threading.Condition()
        self._inside = 0  # threads that are in a call of Ray's

    @property
    def is_lost(self) -> bool:
        """The head has gone away."""
        return self._head is not None and self._head.is_lost

    def cpus(self) -> float:
        """Of the cluster as it is now; 0 where it has gone away."""
        return 0.0 if self.is_lost else ray.cluster_resources().get("CPU", 0.0)

    def submit(self, function: Any, *args: Any) -> ray.ObjectRef:
        """Start a remote function."""
        with self._lock:
            if self._stopping.is_set():
                raise Cancelled
            with self._calling():
                ref = function.remote(*args)
            self._pending.add(ref)
        return ref

    def results(self, refs: Iterable[ray.ObjectRef]) -> Iterator[tuple[ray.ObjectRef, Any]]:
        """(ref, value) as each finishes; raises the worker's exception, or Cancelled after `stop`."""
        waiting = list(refs)
        while waiting:
            done, waiting = self._wait(waiting)
            for ref in done:
                yield ref, self.value(ref)

    def first(self, refs: Iterable[ray.ObjectRef]) -> ray.ObjectRef:
        """One that has finished, whatever came of it; raises Cancelled after `stop`."""
        ((ref, *_), _) = self._wait(list(refs))
        return ref

    def map(
        self, function: Any, arguments: Iterable[Sequence[Any]], *, in_flight: int | None = None
    ) -> Iterator[tuple[Sequence[Any], Any]]:
        """(arguments, value) of each call of a remote function as it finishes.

        No more than `in_flight` calls, by default `room()`, are with Ray at a time and `arguments` is read no
        further, so that neither memory nor the object store grows with the work. Raises the worker's exception, or
        Cancelled after `stop`; what is in flight then, or when the caller reads no further, is cancelled.
        """
        source, running = iter(arguments), dict[ray.ObjectRef, Sequence[Any]]()
        try:
            while True:
                free = (in_flight or self.room()) - len(running)
                running.update((self.submit(function, *call), call) for call in islice(source, max(free, 0)))
                if not running:
                    return
                ref, value = next(self.results(running))
                yield running.pop(ref), value
        finally:
            with suppress(Cancelled), self._calling():  # `stop` cancels by itself
                self._cancel(list(running))

    def room(self) -> int:
        """Calls worth having in flight: for each CPU of the cluster, as large as it is now, one at work and one
        ready; what waits makes a cluster that can grow do so."""
        with self._calling():
            cpus = ray.cluster_resources().get("CPU", 1)
        return max(2, round(_CALLS_A_CPU * cpus))

    def stop(self) -> None:
        """Cancel what is running and make every waiter raise Cancelled."""
        with self._lock:
            self._stopping.set()
            pending = list(self._pending)
        self._cancel(pending)
        with self._left:
            self._left.wait_for(lambda: not self._inside, timeout=_LEAVING_S)

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """Around every call of Ray's: one that is under way when Ray shuts down takes the process with it."""
        with self._left:
            if self._stopping.is_set():
                raise Cancelled
            self._inside += 1
        try:
            yield
        finally:
            with self._left:
                self._inside -= 1
                self._left.notify_all()

    def _cancel(self, refs: Iterable[ray.ObjectRef]) -> None:
        for ref in () if self.is_lost else refs:
            ray.cancel(ref, force=True)
        with self._lock:
            self._pending.difference_update(refs)

    def _wait(self, refs: list[ray.ObjectRef]) -> tuple[list[ray.ObjectRef], list[ray.ObjectRef]]:
        while True:
            if self._stopping.is_set():
                raise Cancelled
            if self._head is not None:
                self._head.check()
            with self._calling():
                done, rest = ray.wait(refs, timeout=_POLL_S)
            if done:
                with self._lock:
                    self._pending.difference_update(done)
                return done, rest

    def value(self, ref: ray.ObjectRef) -> Any:
        """Of one that has finished; raises the worker's exception, or Cancelled after `stop`."""
        try:
            with self._calling():
                value = ray.get(ref)
        except Exception as error:
            if self._stopping.is_set():
                raise Cancelled from error
            self._log.unpacked(error)
            raise
        return self._log.unpacked(value)


def cluster_words() -> str:
    """What the cluster has now, in words: "Ray has 16 CPUs and 1 GPU on 2 nodes"."""
    has = ray.cluster_resources()
    nodes = sum(name.startswith("node:") and name != "node:__internal_head__" for name in has)
    amounts = [(has.get("CPU", 0.0), "CPU"), (has.get("GPU", 0.0), "GPU")]
    told = [f"{amount:g} {what}{'' if amount == 1 else 's'}" for amount, what in amounts if amount]
    return f"Ray has {' and '.join(told) or 'no CPU yet'} on {nodes} node{'' if nodes == 1 else 's'}"


@contextmanager
def ray_session(address: str | None = None) -> Iterator[RaySession]:
    """A session on `address`, on RAY_ADDRESS, or on a Ray of this machine's own that ends with the run.

    However the block ends, the work is cancelled and no process is left; a second Ctrl-C waits for that.
    """
    session = RaySession(HeadWatch(address))
    _start(_options(address or os.environ.get("RAY_ADDRESS")))
    try:
        yield session
    finally:
        with deferred_signals():
            session.stop()
            if not session.is_lost:
                ray.shutdown(wait_for_processes=True)


def _start(options: dict[str, Any]) -> None:
    """`ray.init`, tried again where Ray was too slow for itself; a start that fails leaves no process."""
    for attempt in range(1, _STARTS + 1):
        before = set(psutil.Process().children(recursive=True))
        try:
            _init(options)
            return
        except BaseException as error:
            with deferred_signals():
                ray.shutdown(wait_for_processes=True)
                _end(set(psutil.Process().children(recursive=True)) - before)
            if attempt == _STARTS or "timed out during startup" not in str(error):
                raise


def _init(options: dict[str, Any]) -> None:
    # `ray.init` replaces the handler of SIGTERM, by which Prefect cancels a run.
    with sigterm_kept(), _out_of_our_group(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="lance is not fork-safe")  # Ray forks only to exec
        ray.init(**options)


@contextmanager
def _out_of_our_group() -> Iterator[None]:
    """Processes that Ray starts inside get a process group of their own.

    A cancel in the Prefect UI is a SIGTERM to the run's whole group. A Ray that died of it beside its driver left the
    driver waiting, until Prefect killed it after 30 s and the lake's ledger never heard of the end.
    """
    starting: Any = services
    popen = starting.ConsolePopen
    starting.ConsolePopen = partial(popen, process_group=0)
    try:
        yield
    finally:
        starting.ConsolePopen = popen


def _end(processes: set[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=_ENDING_S)


def _options(address: str | None) -> dict[str, Any]:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address:
        return {"address": address, **quiet}
    long = len(tempfile.gettempdir()) > _MAX_TEMP_CHARACTERS
    return {
        "address": "local",  # without it, Ray joins a cluster that somebody else has started on this machine
        "num_cpus": os.cpu_count(),
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE_BYTES,
        "_node_ip_address": "127.0.0.1",
        "_temp_dir": "/tmp/ray" if long else None,
        **quiet,
    }
