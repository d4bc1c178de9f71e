"""What the lake holds, counted with filters: no column is loaded but the few that are counted."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import lance

from datasets.reasons import QUARANTINE_REASONS

_NEVER = datetime.min.replace(tzinfo=UTC)


def count_videos(table: lance.LanceDataset) -> dict[str, int]:
    """Videos by status; ingested and quarantined add up to the total."""
    return {
        "total": table.count_rows(),
        "ingested": table.count_rows("status = 'ingested'"),
        "quarantined": table.count_rows("status = 'quarantined'"),
    }


def count_clips(table: lance.LanceDataset) -> dict[str, int]:
    """Kept by the flag; of the others, quarantined where the reason says so and filtered elsewhere."""
    kept = table.count_rows("keep IS TRUE")
    quarantined = table.count_rows(f"keep IS NOT TRUE AND {is_in('reason', sorted(QUARANTINE_REASONS))}")
    total = table.count_rows()
    return {"total": total, "kept": kept, "filtered": total - kept - quarantined, "quarantined": quarantined}


def count_slot(table: lance.LanceDataset, slot: str) -> dict[str, Any]:
    """Clips whose slot is filled and null, and the newest annotator version among them (None: never run)."""
    filled = table.count_rows(f"{slot}_src IS NOT NULL")
    newest = _newest_version(table, slot) if filled else None
    return {"version": newest, "filled": filled, "null": table.count_rows() - filled}


def _newest_version(table: lance.LanceDataset, slot: str) -> str | None:
    """The annotator version written last; a row without a time counts as older than any other."""
    columns = {"version": f"{slot}_src.version", "at": f"{slot}_src.at"}
    rows = table.to_table(columns=columns, filter=f"{slot}_src IS NOT NULL").to_pylist()
    newest = max(rows, key=lambda row: row["at"] or _NEVER)
    return newest["version"]


def is_in(column: str, values: Iterable[str]) -> str:
    """An SQL filter: the string column is one of these values, whatever quotes they hold."""
    quoted = ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)
    return f"{column} IN ({quoted})"
