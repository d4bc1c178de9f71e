"""Process-wide settings of the engines, made before Prefect or Ray is imported; what the user set wins."""

import os
import warnings
from pathlib import Path

STATE_FOLDER = Path(".emo2")


def prepare_engines() -> None:
    """Keep state in a folder of the project, give a first server time to start, and report to nobody."""
    defaults = {
        "PREFECT_HOME": str((STATE_FOLDER / "prefect").resolve()),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",  # at Ray's 15 a busy machine starves workers past their deadlines
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    # The engines fork from any thread, and only to exec; said in the middle of a Ctrl-C it hides our one line.
    warnings.filterwarnings("ignore", message="lance is not fork-safe")
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
