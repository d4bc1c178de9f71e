"""The `runs` table: every run with its parameters, versions, counts and how it ended."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from datasets.lake import Lake
from datasets.rows import table_of
from flows.accounting import Counts


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
    _write(lake, row)
    try:
        yield record
    except Exception:
        _write(lake, row | _ending(lake, record, "failed"))
        raise
    except BaseException:  # Ctrl-C, or Prefect's signal of a cancel
        _write(lake, row | _ending(lake, record, "cancelled"))
        raise
    _write(lake, row | _ending(lake, record, "completed"))


def _ending(lake: Lake, record: RunRecord, state: str) -> dict[str, Any]:
    return {
        "state": state,
        "counts": json.dumps(record.counts.as_dict()),
        "versions_committed": json.dumps(lake.versions()),
        "ended_at": datetime.now(UTC),
    }


def _write(lake: Lake, row: dict[str, Any]) -> None:
    lake.upsert("runs", table_of("runs", [row]), on="run_id")
