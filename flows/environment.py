"""Process-wide settings of the engines, made before Prefect or Ray is imported; what the user set wins."""

import os
import warnings
from pathlib import Path

STATE_FOLDER = Path(os.environ.get("EMO2_STATE") or ".emo2")
_IDLE_WORKER_MS = 300_000


def prepare_engines() -> None:
    """Keep state in a folder of the project, give a first server time to start, and report to nobody.

    Where the server of `make up` is at work in that folder, it is the one that runs are told to.
    """
    defaults = {
        **_station_at_work(),
        "PREFECT_HOME": str((STATE_FOLDER / "prefect").resolve()),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",  # at Ray's 15 a busy machine starves workers past their deadlines
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        # Workers of another environment wait beside those of this one. Ray would end whatever is beyond a worker a
        # CPU after a second, and starting one with its models takes half a minute.
        "RAY_idle_worker_killing_time_threshold_ms": str(_IDLE_WORKER_MS),
        "HF_HUB_OFFLINE": "1",  # runs take models as they lie; `emo2 models get` fetches them
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    # The engines fork from any thread, and only to exec; said in the middle of a Ctrl-C it hides our one line.
    warnings.filterwarnings("ignore", message="lance is not fork-safe")
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)


def _station_at_work() -> dict[str, str]:
    """The address of this folder's server if it answers; nothing where the user chose a server or a history."""
    if {"PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"} & set(os.environ):
        return {}
    from flows.station.api import is_healthy
    from flows.station.record import read_record

    record = read_record(STATE_FOLDER)
    if record is None or record.find("server") is None or not is_healthy(record.api_url):
        return {}
    return {"PREFECT_API_URL": record.api_url}
