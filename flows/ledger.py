"""The `runs` table: every run with its parameters, versions, counts and how it ended."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

from pydantic import BaseModel

from datasets.counts import is_in
from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from flows.interrupts import deferred_signals
from flows.liveness import alive, is_alive

TAKEDOWN = "forget"  # the flow that no other may write beside


class RunCounts(Protocol):
    """What a run counts; kept as JSON."""

    def as_dict(self) -> dict[str, Any]: ...


class NoCounts:
    """Of a run that has counted nothing yet."""

    def as_dict(self) -> dict[str, Any]:
        return {}


@dataclass
class RunRecord:
    """One row of `runs` while its run goes on; `counts` and `tag` are written when it ends."""

    run_id: str
    counts: RunCounts
    tag: str | None = None


@contextmanager
def recorded(
    lake: Lake, flow: str, config: BaseModel, counts: RunCounts | None = None
) -> Iterator[RunRecord]:
    """Write the run as running, then as completed, failed or cancelled, whatever ends it.

    Inside, the run counts as alive; runs that were killed are marked as failed first. Raises LakeError while a
    takedown is at work, which has to stop where others write.
    """
    record = RunRecord(new_run_id(flow), counts or NoCounts())
    row = {
        "run_id": record.run_id,
        "flow": flow,
        "params": config.model_dump_json(),
        "versions_read": json.dumps(lake.versions()),
        "started_at": datetime.now(UTC),
        "state": "running",
    }
    end_dead_runs(lake)
    for takedown in live_runs(lake, flow=TAKEDOWN):
        raise LakeError(
            f"the run {takedown['run_id']} is taking videos out of {lake.uri}:"
            " wait until it has ended, then run this again"
        )
    with alive(lake, record.run_id):
        try:
            _write(lake, row)  # inside, since a signal may come as soon as the row is there
            yield record
        except Exception:
            with suppress(OSError):  # a full disk may be why it failed; the next run ends this row
                _end(lake, row, record, "failed")
            raise
        except BaseException:  # Ctrl-C, or Prefect's signal of a cancel
            _end(lake, row, record, "cancelled")
            raise
        _end(lake, row, record, "completed")


def new_run_id(flow: str) -> str:
    """Readable, sorted by time, and never given twice."""
    return f"{flow}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:6]}"


def live_runs(lake: Lake, *, flow: str | None = None, but: str | None = None) -> list[dict[str, Any]]:
    """Rows of `runs` whose process is at work now: of one flow, and without the run `but`."""
    sql = "state = 'running'" + (f" AND flow = '{flow}'" if flow else "")
    rows = lake.table("runs").to_table(filter=sql).to_pylist()
    return [row for row in rows if row["run_id"] != but and is_alive(lake, row)]


def end_dead_runs(lake: Lake) -> int:
    """Mark as failed the runs that still say running, though their process is gone; how many there were."""
    table = lake.table("runs")
    rows = table.to_table(filter="state = 'running'").to_pylist()
    dead = [row["run_id"] for row in rows if not is_alive(lake, row)]
    if dead:
        ended = {"state": "'failed'", "ended_at": f"timestamp '{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}'"}
        # Asked again at the commit, since a run may have completed after it was read.
        lake.table("runs").update(ended, where=f"state = 'running' AND {is_in('run_id', dead)}")
    return len(dead)


def _end(lake: Lake, row: dict[str, Any], record: RunRecord, state: str) -> None:
    with deferred_signals():
        _write(lake, row | _ending(lake, record, state))


def _ending(lake: Lake, record: RunRecord, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "tag": record.tag,
        "counts": json.dumps(record.counts.as_dict()),
        "versions_committed": json.dumps(lake.versions()),
        "ended_at": datetime.now(UTC),
    }


def _write(lake: Lake, row: dict[str, Any]) -> None:
    lake.upsert("runs", table_of("runs", [row]), on="run_id")
