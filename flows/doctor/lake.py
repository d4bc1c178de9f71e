"""One lake: whether it opens, what waits in it for a person, and what a killed run left."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.errors import UserError
from flows.doctor.finding import Finding, ok, problem, refused, warning
from flows.doctor.machine import local_folder
from flows.doctor.scope import Scope
from flows.roots import refuse_credentials

if TYPE_CHECKING:
    from datasets.lake import Lake

_LOOKED_S = 1.5  # a commit takes a part of it


def lake(scope: Scope) -> Iterator[Finding]:
    """The lake of --lake or EMO2_LAKE; without one there is nothing to look at."""
    if not scope.lake:
        yield ok("lake", "none was named: `emo2 doctor --lake LAKE` looks at one")
        return
    try:
        refuse_credentials(scope.lake, "the lake")
    except UserError as error:
        yield refused("lake", error, "set credentials in the environment")
        return
    folder = local_folder(scope.lake)
    if folder is not None and not os.path.lexists(folder):
        yield warning(
            "lake", f"there is none at {folder} yet", "the first ingest makes it; or put its path right"
        )
        return
    yield from _opened(scope.lake)


def _opened(uri: str) -> Iterator[Finding]:
    from datasets.lake import Lake  # takes seconds to import, and only here

    try:
        found = Lake.open(uri)
    except UserError as error:
        yield refused("lake", error, "see docs/lake.md")
        return
    yield from _contents(found)
    yield from _killed_runs(found)
    yield from _committing(found)


def _contents(found: "Lake") -> Iterator[Finding]:
    from annotators.current import stale_now
    from datasets.motion.freshness import stored_buckets_state
    from datasets.takedown.takedown import unfinished

    uri, status = found.uri, found.status(stale=stale_now())
    versions = ", ".join(f"{name} {version}" for name, version in status["versions"].items())
    yield ok("lake", f"opens, {status['clips']['total']:,} clips; versions: {versions}")
    videos, clips = status["videos"]["quarantined"], status["clips"]["quarantined"]
    if videos or clips:
        remedy = f"run `emo2 quarantine list --lake {uri}`, mend the cause, then start quarantine-retry"
        yield warning("quarantine", f"{videos:,} videos and {clips:,} clips", remedy)
    for slot, counts in status["annotators"].items():
        if stale := counts.get("stale", 0):
            remedy = f"start reannotate with the annotator {slot}, or switch its schedule on"
            yield warning("annotations", f"{stale:,} clips have stale or no {slot}", remedy)
    if (stored_buckets_state(found) or {}).get("state") == "stale":
        yield warning("buckets", "the motion buckets are stale", f"run `emo2 buckets --lake {uri}`")
    if traces := unfinished(found):
        told = f"a takedown of {len(traces)} videos was interrupted and may have left traces"
        yield problem("takedown", told, f"run `emo2 forget` again with --lake {uri}")


def _killed_runs(found: "Lake") -> Iterator[Finding]:
    from flows.liveness import is_alive

    rows = found.table("runs").to_table(filter="state = 'running'").to_pylist()
    alive = [row["run_id"] for row in rows if is_alive(found, row)]
    dead = [row["run_id"] for row in rows if row["run_id"] not in alive]
    if dead:
        told = f"{', '.join(dead[:3])}{' ...' if len(dead) > 3 else ''}: said to be running, and killed"
        yield warning(
            "runs", told, "start them again: they go on where they were; any next run puts the row right"
        )
    else:
        yield ok("runs", ", ".join(alive) + " at work" if alive else "none at work, and none was killed")


def _committing(found: "Lake") -> Iterator[Finding]:
    first = _holder(found)
    if first:
        time.sleep(_LOOKED_S)
    if first and _holder(found) == first:
        remedy = "wait for its end, or stop that process; in an object store a dead one is passed over after a minute"
        yield warning("commits", f"{first} has held them for over {_LOOKED_S:g} s", remedy)
    else:
        yield ok("commits", "nobody holds them for long")


def _holder(found: "Lake") -> str:
    """Who may commit now, as the lock says; empty where nobody does."""
    if "://" in found.uri:
        from datasets.locks.lease_cell import LeaseCell

        holding = LeaseCell(f"{found.uri}/_lock", found.storage_options).read()
        return f"{holding.holder} ({holding.version})" if holding and holding.token else ""
    from datasets.locks.file_lock import is_locked

    path = Path(found.uri) / ".committing"
    with suppress(OSError):
        if is_locked(path):
            return path.read_text() or "another run"
    return ""
