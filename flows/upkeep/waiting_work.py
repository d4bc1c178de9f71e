"""Work of re-annotations that is written and waits for its commit, as upkeep sees it: what to spare, what is void."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from datasets.lake import Lake
from datasets.replacement import Replacement, files_are_there
from flows.ledger import live_runs
from flows.shard_ledger import delete_shards

# Lance deletes files without a version after 7 days, whenever old versions are removed.
OLDEST = timedelta(days=6)


@dataclass(frozen=True)
class WaitingShard:
    """A shard whose new columns lie in files that no version names yet."""

    shard_id: str
    run_id: str
    at: datetime  # of its last change
    replacements: tuple[Replacement, ...]

    @property
    def is_old(self) -> bool:
        return self.at < datetime.now(UTC) - OLDEST


def waiting_shards(lake: Lake) -> list[WaitingShard]:
    """Every shard in the state "written"."""
    columns = ["shard_id", "run_id", "at", "result"]
    rows = lake.table("shards").to_table(columns=columns, filter="state = 'written'").to_pylist()
    return [
        WaitingShard(row["shard_id"], row["run_id"], row["at"], tuple(_replacements(row["result"])))
        for row in rows
    ]


def drop_void_work(lake: Lake, *, dry_run: bool = False) -> int:
    """Drop shards that a dead run left and no run can commit any more; how many there were.

    Their fragments are gone, or their files are, or will be before long. For a caller inside `committing(lake)`.
    """
    waiting = waiting_shards(lake)
    if not waiting:
        return 0
    live = {run["run_id"] for run in live_runs(lake)}
    there = {fragment.fragment_id for fragment in lake.table("clips").get_fragments()}
    void = [
        shard.shard_id
        for shard in waiting
        if shard.run_id not in live
        and (
            shard.is_old
            or there.isdisjoint(each.fragment_id for each in shard.replacements)
            or not files_are_there(lake, shard.replacements)
        )
    ]
    if not dry_run:
        delete_shards(lake, void)
    return len(void)


def files_of(shards: Sequence[WaitingShard]) -> frozenset[str]:
    """Paths of their files in the folder of `clips`."""
    return frozenset(each.path for shard in shards for each in shard.replacements)


def fragments_of(shards: Sequence[WaitingShard]) -> frozenset[int]:
    """Ids of the fragments of `clips` that their files belong to."""
    return frozenset(each.fragment_id for shard in shards for each in shard.replacements)


def _replacements(result: str | None) -> Iterator[Replacement]:
    for values in json.loads(result or "{}").get("replacements", []):
        yield Replacement.from_dict(values)
