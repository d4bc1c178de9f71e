"""What the lake holds, counted in one scan a table: no column is loaded but the few that are counted.

A scan costs by the column and the fragment, far less by the row, so what is counted together is read together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import lance
import pyarrow as pa

from datasets.reasons import QUARANTINE_REASONS
from datasets.schema import SLOTS

_NEVER = datetime.min.replace(tzinfo=UTC)


def count_videos(table: lance.LanceDataset) -> dict[str, int]:
    """Videos by status; ingested, quarantined and forgotten add up to the total."""
    statuses = Counter(table.to_table(columns=["status"])["status"].to_pylist())
    named = {status: statuses[status] for status in ("ingested", "quarantined", "forgotten")}
    return {"total": statuses.total(), **named}


def count_clips(table: lance.LanceDataset) -> dict[str, int]:
    """Kept by the flag; of the others, quarantined where the reason says so and filtered elsewhere."""
    unreadable = is_in("reason", sorted(QUARANTINE_REASONS))
    columns = {"kept": "keep IS TRUE", "quarantined": f"keep IS NOT TRUE AND {unreadable}"}
    rows = table.to_table(columns=columns)
    kept, quarantined = (_true(rows[name]) for name in columns)
    filtered = len(rows) - kept - quarantined
    return {"total": len(rows), "kept": kept, "filtered": filtered, "quarantined": quarantined}


def count_slots(
    table: lance.LanceDataset, stale: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """By slot: clips that are filled and null, and the annotator version written last (None: never run).

    stale: a slot's condition in SQL, which is true or false for every clip; its clips are counted as "stale".
    """
    conditions = stale or {}
    versions = {f"{slot}_version": f"{slot}_src.version" for slot in SLOTS}
    rows = table.to_table(columns=versions | {f"{slot}_stale": sql for slot, sql in conditions.items()})
    counts = {slot: _count_slot(table, slot, rows[f"{slot}_version"]) for slot in SLOTS}
    for slot in conditions:
        counts[slot]["stale"] = _true(rows[f"{slot}_stale"])
    return counts


def _true(column: pa.ChunkedArray) -> int:
    return sum(chunk.true_count for chunk in column.chunks)


def _count_slot(table: lance.LanceDataset, slot: str, versions: pa.ChunkedArray) -> dict[str, Any]:
    found = versions.unique().drop_null().to_pylist()
    # Most slots have one version only, and are spared a look at the times.
    newest = found[0] if len(found) == 1 else _newest_version(table, slot) if found else None
    return {"version": newest, "filled": len(versions) - versions.null_count, "null": versions.null_count}


def _newest_version(table: lance.LanceDataset, slot: str) -> str | None:
    """The annotator version written last; a row without a time counts as older than any other."""
    rows = table.to_table(columns={"version": f"{slot}_src.version", "at": f"{slot}_src.at"})
    latest = rows.group_by("version").aggregate([("at", "max")]).to_pylist()
    newest = max((row for row in latest if row["version"]), key=lambda row: row["at_max"] or _NEVER)
    return newest["version"]


def is_in(column: str, values: Iterable[str]) -> str:
    """An SQL filter: the string column is one of these values, whatever quotes they hold."""
    quoted = ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)
    return f"{column} IN ({quoted})"
