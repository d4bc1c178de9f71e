"""The `runs` table: every run with its parameters, versions, counts and how it ended."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from datasets.lake import Lake
from datasets.rows import table_of
from flows.accounting import Counts
from flows.interrupts import deferred_signals


@dataclass
class RunRecord:
    """One row of `runs` while its run goes on."""

    run_id: str
    counts: Counts


@contextmanager
def recorded(lake: Lake, flow: str, config: BaseModel) -> Iterator[RunRecord]:
    """Write the run as running, then as completed, failed or cancelled, whatever ends it."""
    record = RunRecord(f"{flow}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:6]}", Counts())
    row = {
        "run_id": record.run_id,
        "flow": flow,
        "params": config.model_dump_json(),
        "versions_read": json.dumps(lake.versions()),
        "started_at": datetime.now(UTC),
        "state": "running",
    }
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


def end_abandoned(lake: Lake, flow: str) -> None:
    """Mark as failed the runs of `flow` that still say running, since they were killed.

    For a caller that is the only one to run `flow` on this lake.
    """
    left = lake.table("runs").to_table(filter=f"state = 'running' AND flow = '{flow}'").to_pylist()
    ended = [row | {"state": "failed", "ended_at": datetime.now(UTC)} for row in left]
    lake.upsert("runs", table_of("runs", ended), on="run_id")


def _end(lake: Lake, row: dict[str, Any], record: RunRecord, state: str) -> None:
    with deferred_signals():
        _write(lake, row | _ending(lake, record, state))


def _ending(lake: Lake, record: RunRecord, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "counts": json.dumps(record.counts.as_dict()),
        "versions_committed": json.dumps(lake.versions()),
        "ended_at": datetime.now(UTC),
    }


def _write(lake: Lake, row: dict[str, Any]) -> None:
    lake.upsert("runs", table_of("runs", [row]), on="run_id")
