"""What runs at work, and work that waits, need of a lake: upkeep leaves it alone."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from datasets.counts import is_in
from datasets.lake import Lake
from datasets.upkeep.maintenance import Pins
from flows.ledger import live_runs
from flows.upkeep.waiting_work import OLDEST, files_of, fragments_of, waiting_shards

_REANNOTATE = "reannotate"


def current_pins(lake: Lake, *, but: str | None = None) -> Pins:
    """As things are now, leaving out the run `but`, which is the caller's own."""
    runs = live_runs(lake, but=but)
    waiting = waiting_shards(lake)
    labelling = [run["run_id"] for run in runs if run["flow"] == _REANNOTATE]
    long_ago = _holds_old_files(lake, runs)
    return Pins(
        versions=_oldest_versions(runs),
        fragments=fragments_of(waiting),
        files=files_of(waiting),
        not_compacted={"clips": f"{labelling[0]} is at work on its fragments"} if labelling else {},
        not_cleaned=dict.fromkeys(("clips", "clip_media"), f"{long_ago} has files older than 6 days")
        if long_ago
        else {},
    )


def _oldest_versions(runs: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    oldest: dict[str, int] = {}
    for run in runs:
        for table, version in json.loads(run["versions_read"] or "{}").items():
            oldest[table] = min(version, oldest.get(table, version))
    return oldest


def _holds_old_files(lake: Lake, runs: Iterable[Mapping[str, Any]]) -> str | None:
    """A run at work that has had a shard in hand for so long that Lance would take its files for nobody's."""
    live = [run["run_id"] for run in runs]
    if not live:
        return None
    sql = f"state IN ('running', 'written') AND {is_in('run_id', live)}"
    rows = lake.table("shards").to_table(columns=["run_id", "at"], filter=sql).to_pylist()
    return next((row["run_id"] for row in rows if row["at"] < datetime.now(UTC) - OLDEST), None)
