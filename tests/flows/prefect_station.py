"""A real Prefect server and worker of the tests' own, on a free port of loopback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun

from flows.station.api import is_healthy
from flows.station.ports import free_port

REPOSITORY = Path(__file__).parents[2]
_PREFECT = str(Path(sys.executable).with_name("prefect"))
_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Station:
    """A server with a worker, and what a test asks of it."""

    client: SyncPrefectClient
    environment: Mapping[str, str]  # of everything that talks to it
    worker: psutil.Process

    @property
    def url(self) -> str:
        return self.environment["PREFECT_API_URL"]

    def prefect(self, *arguments: str) -> None:
        _prefect(self.environment, *arguments)

    def start(self, deployment: str, **config: Any) -> UUID:
        """A run of the deployment."""
        found = self.client.read_deployment_by_name(f"{deployment}/{deployment}")
        return self.client.create_flow_run_from_deployment(found.id, parameters={"config": config}).id

    def reaches(self, run_id: UUID, *states: str) -> FlowRun:
        """The run once its state has one of these names; another end is an error."""

        def arrived() -> FlowRun | None:
            run = self.client.read_flow_run(run_id)
            assert run.state is not None
            if run.state.name in states:
                return run
            assert not run.state.is_final(), f"ended as {run.state.name}: {run.state.message}"
            return None

        return wait_for(arrived)

    def runs_of(self, deployment: str) -> list[FlowRun]:
        """The latest first."""
        found = self.client.read_deployment_by_name(f"{deployment}/{deployment}")
        runs = self.client.read_flow_runs(limit=200)
        of_it = [run for run in runs if run.deployment_id == found.id]
        return sorted(of_it, key=lambda run: str(run.created), reverse=True)


def wait_for(arrived: Callable[[], Any], patience_s: float = _PATIENCE_S) -> Any:
    """What `arrived` gives once it gives anything."""
    ends = time.monotonic() + patience_s
    while not (found := arrived()):
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.2)
    return found


@contextmanager
def station(folder: Path, **settings: str) -> Iterator[Station]:
    """A server and a worker of the pool `local`, without deployments."""
    port = str(free_port())
    address = f"http://127.0.0.1:{port}/api"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EMO2_")},
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": address,
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "1",  # not 5: tests wait for it
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
        **settings,
    }
    with _program(
        folder / "server.log", environment, "server", "start", "--host", "127.0.0.1", "--port", port
    ):
        wait_for(lambda: is_healthy(address))
        with SyncPrefectClient(address) as client:
            _prefect(environment, "work-pool", "create", "local", "--type", "process")
            with _program(folder / "worker.log", environment, "worker", "start", "--pool", "local") as worker:
                yield Station(client, environment, psutil.Process(worker))


@contextmanager
def _program(log: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[int]:
    """Its process id."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [_PREFECT, *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env=environment,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _prefect(environment: Mapping[str, str], *arguments: str) -> None:
    command = [_PREFECT, *arguments]
    subprocess.run(
        command, cwd=REPOSITORY, env=environment, check=True, timeout=_PATIENCE_S, capture_output=True
    )
