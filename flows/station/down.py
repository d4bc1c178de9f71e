"""Stop what `make up` started, and nothing else."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flows.station import family
from flows.station.api import is_healthy
from flows.station.config import ray_folder
from flows.station.record import Record, forget_record, one_at_a_time, read_record
from flows.station.unfinished import STOPPED, cancel_runs, pool_paused, settle_runs

_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Stopped:
    """What was stopped."""

    programs: tuple[str, ...]
    runs: int


def take_down(state: Path, told: Callable[[str], None] = lambda line: None) -> Stopped:
    """Stop the station of this folder with all processes of its runs; its history stays.

    Runs at work end as Cancelled in the history, or as Crashed where nobody could cancel them any more. Works too
    where some of the station was killed, or its record is lost.
    """
    state = state.resolve()
    if not state.is_dir():
        return Stopped((), 0)
    with one_at_a_time(state):
        return _taken_down(state, told)


def _taken_down(state: Path, told: Callable[[str], None]) -> Stopped:
    record = read_record(state) or Record("", "", "")
    alive = {daemon.name: daemon for daemon in record.alive}
    runs = _end_runs(state, record)
    for name in ("worker", "ray", "server"):
        if name in alive:
            alive[name].stop(_PATIENCE_S)
            told(f"{name}: stopped")
    left = family.members(state, record.daemons)
    family.end(left)
    if left and not alive:
        told(f"{len(left)} processes of a station whose programs were killed: ended")
    shutil.rmtree(ray_folder(state), ignore_errors=True)
    forget_record(state)
    return Stopped(tuple(alive), runs)


def _end_runs(state: Path, record: Record) -> int:
    """While server, Ray and worker are there to do it in order; else by force, with the end that this makes true."""
    server, worker = record.find("server"), record.find("worker")
    if server is None or not is_healthy(record.api_url):
        return 0  # `make up` tells of those that were lost
    count = 0
    with suppress(OSError), pool_paused(record.api_url, state):
        if worker:
            count = cancel_runs(record.api_url)
            worker.stop(_PATIENCE_S)
        process = server.process()
        family.end(family.members(state, record.daemons) - family.families([process] if process else []))
        count += settle_runs(record.api_url, STOPPED)
    return count
