"""Start what is not at work yet of a server, a Ray head and a worker."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from datasets.errors import UserError
from flows.station import engines, family
from flows.station.api import ask, is_healthy
from flows.station.config import HOST, StationConfig, ray_folder
from flows.station.daemon import Daemon, start
from flows.station.engines import CHECKOUT, POOL, Program
from flows.station.record import Record, one_at_a_time, read_record, write_record
from flows.station.unfinished import LOST, resume_pool, settle_runs

_READY_WITHIN_S = 180.0  # a busy machine; a quiet one needs 15
_POLL_S = 0.1
_LOG_BYTES = 10_000_000  # beyond it a log begins anew with its program; one earlier is kept
_RAY_IS_UP = "ray_current_cluster"  # `ray start` writes it when everything answers

Told = Callable[[str], None]


class StationError(UserError):
    """The station cannot be started; the sentence says which of its programs and what to do."""


def bring_up(config: StationConfig, told: Told = lambda line: None) -> Record:
    """Start the programs that are not at work; those that are stay as they are.

    told: hears of each step. What a killed program left behind is ended before it is started again, and runs that
    were lost with it get their end in the history. Raises StationError where a port is taken, a program does not
    start, or the station of this folder is at work on other ports.
    """
    config.state.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(config.state):
        record = _known(config)
        wanted = (engines.server(config), engines.ray_head(config), engines.worker(config))
        missing = [program for program in wanted if not record.find(program.name)]
        _end_leftovers(config, record)
        for program in missing:
            _refuse_taken_port(program.name, config)
        for program in missing[:]:
            if program.name != "worker":  # side by side: each takes seconds of one core
                record = _started(program, config, record)
        _wait(record, "server", config, lambda: is_healthy(config.api_url))
        if any(program.name == "worker" for program in missing):
            settle_runs(config.api_url, LOST)
            resume_pool(config.api_url, config.state)
            record = _started(engines.worker(config), config, record)
        _wait(record, "ray", config, lambda: (ray_folder(config.state) / _RAY_IS_UP).exists())
        began = {daemon.name: daemon.started_at for daemon in record.daemons}
        _wait(record, "worker", config, lambda: _worker_reports(config, began["worker"]))
    names = {program.name for program in missing}
    for daemon in record.daemons:
        told(f"{daemon.name}: {'started' if daemon.name in names else 'at work already'}")
    return record


def _known(config: StationConfig) -> Record:
    wanted = Record(config.ui_url, config.api_url, config.ray_address, config.roots)
    found = read_record(config.state)
    if found is None:
        return wanted
    if found.alive and replace(found, daemons=()) != wanted:
        roots = os.pathsep.join(found.roots) or "any"
        raise StationError(
            f"the station of {config.state} is at work on {found.ui_url} with Ray on {found.ray_address} and roots"
            f" {roots}: run `make down` first, or ask for the same"
        )
    return replace(wanted, daemons=found.daemons)


def _end_leftovers(config: StationConfig, record: Record) -> None:
    """What programs that were killed had started: it holds their ports, or works for nobody."""
    alive = family.families([process for each in record.alive if (process := each.process())])
    family.end(family.members(config.state, record.daemons) - alive)


def _started(program: Program, config: StationConfig, record: Record) -> Record:
    logs = config.state / "logs"
    logs.mkdir(exist_ok=True)
    if program.name == "ray":
        _make_ray_folder(ray_folder(config.state))
    log = logs / f"{program.name}.log"
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    daemon = start(program.name, program.command, program.environment, log, CHECKOUT)
    record = record.having(daemon)
    write_record(config.state, record)  # before it is waited for: after a Ctrl-C, `make down` finds it
    return record


def _make_ray_folder(folder: Path) -> None:
    """Empty, and nobody else's: its name can be guessed."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StationError(
            f"Ray needs the folder {folder}, which cannot be made ({error}): remove it"
        ) from error


def _refuse_taken_port(name: str, config: StationConfig) -> None:
    ports = {"server": ("PORT", config.port), "ray": ("RAY_PORT", config.ray_port)}
    option, port = ports.get(name, ("", 0))
    if port and _is_taken(port):
        raise StationError(
            f"port {port} of {HOST} is taken by another program: choose a free one, as in"
            f" `make up {option}={port + 11}`"
        )


def _is_taken(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # connections that just ended do not count
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False


def _wait(record: Record, name: str, config: StationConfig, is_ready: Callable[[], bool]) -> None:
    """Until it answers; a program that ends, or is silent for too long, is told with its last words."""
    daemon = next(each for each in record.daemons if each.name == name)
    ends_at = time.monotonic() + _READY_WITHIN_S
    while not is_ready():
        if not daemon.is_alive:
            raise StationError(f"the {name} ended at once: {_words(daemon)}")
        if time.monotonic() > ends_at:
            raise StationError(f"the {name} did not answer in {_READY_WITHIN_S:.0f} s: {_words(daemon)}")
        time.sleep(_POLL_S)


def _worker_reports(config: StationConfig, since: float) -> bool:
    """Whether it said so after its start; what an earlier one said counts for minutes."""
    with suppress(OSError):
        workers = ask(config.api_url, f"work_pools/{POOL}/workers/filter", {})
        heard = [worker["last_heartbeat_time"] for worker in workers]
        return any(datetime.fromisoformat(time_text).timestamp() >= since for time_text in heard if time_text)
    return False


def _words(daemon: Daemon) -> str:
    return f"run `make down`, then see {daemon.log}, which ends with\n{daemon.last_words()}"
