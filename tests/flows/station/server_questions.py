"""What tests ask a station's server, and how they wait for its answers."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.station.api import ask
from flows.station.config import StationConfig
from flows.station.deployments import CHECKOUT
from flows.station.engines import POOL

_PULL = {"prefect.deployments.steps.set_working_directory": {"directory": str(CHECKOUT)}}


def read(config: StationConfig, path: str) -> Any:
    """The answer to a GET."""
    return ask(config.api_url, path, method="GET")


def deployment(config: StationConfig, name: str) -> dict[str, Any]:
    return read(config, f"deployments/name/{name}/{name}")


def deploy_waiting_flow(config: StationConfig) -> str:
    """The id of a deployment of `waiting_flow.py`, started as those of prefect.yaml are."""
    variables = deployment(config, "ingest")["job_variables"]
    flow = ask(config.api_url, "flows/", {"name": "waiting"})
    body = {
        "name": "waiting",
        "flow_id": flow["id"],
        "entrypoint": "tests/flows/station/waiting_flow.py:waiting",
        "work_pool_name": POOL,
        "pull_steps": [_PULL],
        "job_variables": variables,
    }
    return str(ask(config.api_url, "deployments/", body)["id"])


def start_waiting_run(config: StationConfig, deployment_id: str, folder: Path) -> tuple[str, list[int]]:
    """A run that is at work in Ray: its id, and the pids of its process and of its Ray worker."""
    folder.mkdir()
    body = {"parameters": {"folder": str(folder)}, "state": {"type": "SCHEDULED"}}
    run = ask(config.api_url, f"deployments/{deployment_id}/create_flow_run", body)
    wait_until(lambda: (folder / "working").exists() and (folder / "working").read_text())
    return run["id"], [int((folder / name).read_text()) for name in ("started", "working")]


def state_of(config: StationConfig, run_id: str) -> dict[str, Any]:
    return dict(read(config, f"flow_runs/{run_id}")["state"])


def wait_until(is_so: Callable[[], Any], within_s: float = 90.0) -> None:
    ends_at = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < ends_at, "it did not come to be"
        time.sleep(0.2)
