"""How a run ends when it cannot go on: one sentence in its state, which the UI and the terminal show."""

import shutil
from pathlib import Path

from prefect.states import Failed, State

from datasets.errors import UserError

REFUSED = "Refused"  # the name of a run's state when its source, lake or configuration cannot be used


_FULL_MB = 64  # a group of clips with its media may need more


class ShardsFailed(Exception):
    """Some shards ended in an error of ours; the others were committed."""


FAILURES = (UserError, ShardsFailed, OSError)  # what ends a run without a traceback


def failed(error: Exception, lake_uri: str) -> State:
    """The state of a run that one of `FAILURES` ended."""
    if isinstance(error, UserError):
        return Failed(name=REFUSED, message=str(error))
    text = str(error)
    if isinstance(error, OSError):  # a full disk, a lost mount
        text = f"the run into {lake_uri} could not go on: {last_line(error)}"
    return Failed(message=text + _disk_note(lake_uri))


def _disk_note(lake_uri: str) -> str:
    """What libraries do not say of a disk that is full, in whatever way they fell over it."""
    if "://" in lake_uri or not Path(lake_uri).is_dir():
        return ""
    free_mb = shutil.disk_usage(lake_uri).free / 1e6
    if free_mb > _FULL_MB:
        return ""
    return f"; the disk of {lake_uri} is full ({free_mb:.0f} MB free): make room, then run this again"


def last_line(error: Exception) -> str:
    """What happened; a worker's error holds its whole traceback, which the task's log has."""
    return (str(error).strip() or repr(error)).splitlines()[-1]
