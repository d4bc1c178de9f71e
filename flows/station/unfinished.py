"""Runs that are at work when a station stops, and runs that the server believes to be: each gets a true end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.station.api import ask
from flows.station.engines import POOL

_BELIEVED = ["RUNNING", "PENDING", "CANCELLING"]
_PAGE = 200
_POLL_S = 0.3
_CANCELLED_WITHIN_S = 40.0  # the worker kills what has not tidied up after 30
_PAUSED_FILE = "pool-paused"  # in the state folder, while it is we who paused the pool

STOPPED = "stopped with the station (`make down`); what was committed stays: press Retry after `make up`"
LOST = "its process ended without a word, as when a machine is switched off; press Retry to go on"


def cancel_runs(api_url: str) -> int:
    """Cancel what is at work in the station's pool, as in the UI, and wait for it; how many runs that were.

    Needs a worker that is at work. Raises OSError where the server does not answer.
    """
    runs = _at_work(api_url)
    for run in runs:
        _end(api_url, f"flow_runs/{run['id']}", "CANCELLING", STOPPED)
    ends_at = time.monotonic() + _CANCELLED_WITHIN_S
    while time.monotonic() < ends_at and _at_work(api_url):
        time.sleep(_POLL_S)
    for run in runs:
        _tell_why(api_url, run["id"])
    return len(runs)


def settle_runs(api_url: str, message: str) -> int:
    """End what says Running, Pending or Cancelling in the station's pool; how many runs that were.

    Only where no process of theirs is left. A run that was being cancelled ends as Cancelled, the others as Crashed.
    Runs of a terminal are not the pool's. Raises OSError where the server does not answer.
    """
    runs = _at_work(api_url)
    for run in runs:
        _settle_tasks(api_url, run["id"], message)
        kind = "CANCELLED" if run["state_type"] == "CANCELLING" else "CRASHED"
        _end(api_url, f"flow_runs/{run['id']}", kind, message)
    return len(runs)


@contextmanager
def pool_paused(api_url: str, state: Path) -> Iterator[None]:
    """No run begins inside: those that wait for their turn go on waiting, until after the next `make up`."""
    paused = ask(api_url, f"work_pools/{POOL}", method="GET")["is_paused"]
    if not paused:
        (state / _PAUSED_FILE).touch()
        ask(api_url, f"work_pools/{POOL}", {"is_paused": True}, method="PATCH")
    try:
        yield
    finally:
        resume_pool(api_url, state)


def resume_pool(api_url: str, state: Path) -> None:
    """Let runs begin again, where it was we who paused the pool, maybe before a power cut."""
    if (state / _PAUSED_FILE).exists():
        ask(api_url, f"work_pools/{POOL}", {"is_paused": False}, method="PATCH")
        (state / _PAUSED_FILE).unlink()


def _at_work(api_url: str) -> list[dict[str, Any]]:
    return _all(api_url, "flow_runs", {"work_pools": {"name": {"any_": [POOL]}}, "flow_runs": _in_states()})


def _tell_why(api_url: str, run_id: str) -> None:
    """Prefect's message says that it was cancelled, which whoever started it did not do."""
    run = ask(api_url, f"flow_runs/{run_id}", method="GET")
    if run["state_type"] == "CANCELLED":
        _end(api_url, f"flow_runs/{run_id}", "CANCELLED", STOPPED)


def _settle_tasks(api_url: str, run_id: str, message: str) -> None:
    wanted = {"flow_runs": {"id": {"any_": [run_id]}}, "task_runs": _in_states()}
    for task in _all(api_url, "task_runs", wanted):
        _end(api_url, f"task_runs/{task['id']}", "CRASHED", message)


def _in_states() -> dict[str, Any]:
    return {"state": {"type": {"any_": _BELIEVED}}}


def _all(api_url: str, what: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = ask(api_url, f"{what}/filter", {**wanted, "limit": _PAGE, "offset": len(found)})
        found += page
        if len(page) < _PAGE:
            return found


def _end(api_url: str, path: str, kind: str, message: str) -> None:
    state = {"type": kind, "name": kind.capitalize(), "message": message}
    ask(api_url, f"{path}/set_state", {"state": state, "force": True})
