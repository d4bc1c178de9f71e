"""The deployments of this checkout on a station's server."""

import os
import subprocess
import sys

from datasets.errors import UserError
from flows.station.config import StationConfig
from flows.station.engines import CHECKOUT, FAILURE_WEBHOOK, station_environment

_COMMAND = "from flows.cli import main; main()"


def register(config: StationConfig) -> str:
    """Register pool, deployments and automations; what was done, a sentence a line.

    A process of its own: Prefect reads its settings once, from the environment. Raises UserError where it fails.
    """
    secret = {name: os.environ[name] for name in (FAILURE_WEBHOOK,) if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, "register"],
        env=station_environment(config) | secret,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(
            f"the deployments could not be registered: {done.stderr.strip() or done.stdout.strip()}"
        )
    return done.stdout.strip()
