"""How the station's three programs are started, and the environment that its runs and commands share."""

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.station.config import HOST, StationConfig, ray_folder
from flows.station.daemon import own_environment
from flows.station.family import MARK
from flows.station.ports import free_port

POOL = "local"  # as prefect.yaml names it
FAILURE_WEBHOOK = "EMO2_FAILURE_WEBHOOK"  # a secret that the server keeps: registration needs it, no run does
CHECKOUT = Path(__file__).resolve().parents[2]  # where prefect.yaml and the flows are; runs start in it
_BIN = Path(sys.executable).parent
_OBJECT_STORE_BYTES = 256 << 20  # workers pass rows and ids, never frames
_POLL_S = (
    "2"  # a worker asks for runs so often; at Prefect's 10 s that were most of the wait for a first shard
)


@dataclass(frozen=True)
class Program:
    """One of the three."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def server(config: StationConfig) -> Program:
    """The Prefect server: API, UI and scheduler."""
    command = (str(_BIN / "prefect"), "server", "start", "--host", HOST, "--port", str(config.port))
    return Program("server", command, station_environment(config) | _server_settings(config))


def ray_head(config: StationConfig) -> Program:
    """A Ray that outlives runs; every port but its own is one that the system gives."""
    command = (
        *(str(_BIN / "ray"), "start", "--head", "--block", "--disable-usage-stats"),
        *("--node-ip-address", HOST, "--port", str(config.ray_port)),
        *("--min-worker-port", "0", "--max-worker-port", "0"),
        *("--ray-client-server-port", str(free_port())),  # Ray takes no 0 here
        *("--dashboard-agent-listen-port", "0", "--include-dashboard", "false"),
        *("--num-cpus", str(os.cpu_count()), "--object-store-memory", str(_OBJECT_STORE_BYTES)),
        *("--temp-dir", str(ray_folder(config.state))),
    )
    return Program("ray", command, station_environment(config))


def worker(config: StationConfig) -> Program:
    """The process that starts runs."""
    command = (
        str(_BIN / "prefect"),
        "worker",
        "start",
        "--pool",
        POOL,
        "--type",
        "process",
        "--name",
        "station",
    )
    return Program("worker", command, station_environment(config))


def station_environment(config: StationConfig) -> dict[str, str]:
    """What the station's programs and runs have in common; of the user's own, what says nothing of other servers."""
    places = {"EMO2_ROOTS": os.pathsep.join(config.roots), "EMO2_LAKE": config.lake or ""}
    left_out = {*places, FAILURE_WEBHOOK}
    return {
        **{name: value for name, value in own_environment().items() if name not in left_out},
        **{name: value for name, value in places.items() if value},
        MARK: str(config.state),
        "EMO2_STATE": str(config.state),
        "PATH": os.pathsep.join([str(_BIN), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        **_without_proxy(),
        **_prefect_settings(config),
        **_ray_settings(config),
    }


def _without_proxy() -> dict[str, str]:
    """This machine is asked directly, whatever proxy leads to others."""
    names = ("no_proxy", "NO_PROXY")
    known = {name: os.environ.get(name, "") for name in names}
    return {name: ",".join([*([known[name]] if known[name] else []), HOST]) for name in names}


def _prefect_settings(config: StationConfig) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(config.state / "prefect"),
        "PREFECT_API_URL": config.api_url,
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_WORKER_QUERY_SECONDS": _POLL_S,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def _server_settings(config: StationConfig) -> dict[str, str]:
    return {
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(config.port),  # without it the UI calls 4200
        "PREFECT_SERVER_UI_API_URL": config.api_url,
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # it fetches from an analytics host whatever is set
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }


def _ray_settings(config: StationConfig) -> dict[str, str]:
    return {
        "RAY_ADDRESS": config.ray_address,
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # else Ray listens on every interface
        # Asked for by name: Ray takes it up by itself only where it starts a new one, and a run joins this one.
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(_token(config.state)),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",  # at Ray's 15 a busy machine starves workers past their deadlines
        "RAY_idle_worker_killing_time_threshold_ms": "300000",  # workers of other environments start slowly
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        # Fixed otherwise, so that the Rays of two stations would meet.
        "AUTOSCALER_METRIC_PORT": "0",
        "DASHBOARD_METRIC_PORT": "0",
    }


def _token(state: Path) -> Path:
    """The file of the secret by which runs join this station's Ray; made once, for its owner alone."""
    path = state / "ray-token"
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return path
