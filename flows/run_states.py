"""How a run ends when it cannot go on: one sentence in its state, which the UI and the terminal show."""

import shutil
from pathlib import Path

from prefect.states import Cancelled, Failed, State

from datasets.errors import UserError
from flows.ray_head import RayNotThere, ray_address
from flows.run_page.log import run_logger
from flows.run_page.next_step import (
    GOES_ON,
    crash_sentence,
    lost_ray,
    ray_sentence,
    shut_ray_sentence,
    with_next_step,
)

REFUSED = "Refused"  # the name of a run's state when its source, lake or configuration cannot be used


_FULL_MB = 64  # a group of clips with its media may need more


class ShardsFailed(Exception):
    """Some shards ended in an error of ours; the others were committed."""


def failed_run(error: Exception, config: object) -> State:
    """As `failed`, of a run whose configuration may not have been checked yet: a model, or whatever was sent."""
    return failed(error, _text(config, "lake"), ray=_text(config, "ray_address"))


def failed(error: Exception, lake_uri: str | None = None, *, ray: str | None = None) -> State:
    """The state of a run that this error ended; its message says what to do next.

    ray: the address that the run was given. An error that nobody expected leaves its traceback in the log.
    """
    if isinstance(error, UserError):
        return Failed(name=REFUSED, message=str(error))
    return Failed(message=_sentence(error, lake_uri, ray) + _disk_note(lake_uri))


def stopped() -> State:
    """The state of a run whose work was stopped from outside, as a cancel does."""
    return Cancelled(message=f"the run was stopped; {GOES_ON}")


def _sentence(error: Exception, lake_uri: str | None, ray: str | None) -> str:
    for each in (error, error.__cause__):
        if isinstance(each, RayNotThere):
            return str(each)
    if lost_ray(error):
        return ray_sentence(ray_address(ray), last_line(error))
    if isinstance(error, ShardsFailed):
        return with_next_step(str(error))
    if isinstance(error, ConnectionError) and " Ray " in str(error):  # by `ray.init`
        return shut_ray_sentence(ray_address(ray), last_line(error))
    if isinstance(error, OSError):  # a full disk, a lost mount, a network that is down
        where = f" into {lake_uri}" if lake_uri else ""
        return with_next_step(f"the run{where} could not go on: {last_line(error)}")
    run_logger().error("the run ended in an error that nobody expected", exc_info=error)
    return crash_sentence(f"{type(error).__name__}: {last_line(error)}")


def _disk_note(lake_uri: str | None) -> str:
    """What libraries do not say of a disk that is full, in whatever way they fell over it."""
    if not lake_uri or "://" in lake_uri or not Path(lake_uri).is_dir():
        return ""
    free_mb = shutil.disk_usage(lake_uri).free / 1e6
    if free_mb > _FULL_MB:
        return ""
    return f"; the disk of {lake_uri} is full ({free_mb:.0f} MB free): make room, then run this again"


def last_line(error: BaseException) -> str:
    """What happened; a worker's error holds its whole traceback, which the task's log has."""
    return (str(error).strip() or repr(error)).splitlines()[-1]


def _text(config: object, field: str) -> str | None:
    value = config.get(field) if isinstance(config, dict) else getattr(config, field, None)
    return value if isinstance(value, str) else None
