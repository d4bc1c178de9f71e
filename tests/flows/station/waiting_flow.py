"""A flow that waits in a worker of Ray until it is stopped, for tests that stop it."""

import os
import time
from pathlib import Path

import ray
from prefect import flow

from flows.ray_session import ray_session


@ray.remote
def wait(folder: str) -> None:
    Path(folder, "working").write_text(str(os.getpid()))
    time.sleep(600)


@flow(name="waiting")
def waiting(folder: str) -> None:
    """Writes to `folder` the pids of the run's process and of its Ray worker."""
    Path(folder, "started").write_text(str(os.getpid()))
    with ray_session() as session:
        list(session.map(wait, [(folder,)]))
