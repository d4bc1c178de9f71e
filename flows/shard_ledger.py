"""The `shards` table: what each run has in hand and what it has done, so that the next goes on from there."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from datasets.counts import is_in
from datasets.lake import Lake
from datasets.rows import table_of

ShardState = Literal["running", "written", "committed"]


@dataclass(frozen=True)
class ShardRow:
    """One piece of work, whose id follows from what it is: the same work gets the same row in any run."""

    shard_id: str
    run_id: str  # who worked on it last
    flow: str
    state: ShardState
    video_ids: tuple[str, ...] = ()  # while running: taken, so that no other live run works on them
    result: str | None = None  # JSON: of a written shard, what remains to be committed
    counts: str | None = None  # JSON


def shard_rows(
    lake: Lake,
    *,
    shard_ids: Iterable[str] | None = None,
    state: ShardState | None = None,
    flow: str | None = None,
) -> list[ShardRow]:
    """The rows that fit what is given; all where nothing is."""
    parts = [] if shard_ids is None else [is_in("shard_id", shard_ids) if shard_ids else "FALSE"]
    parts += [f"state = '{state}'"] if state else []
    parts += [f"flow = '{flow}'"] if flow else []
    columns = list(ShardRow.__dataclass_fields__)
    rows = lake.table("shards").to_table(columns=columns, filter=" AND ".join(parts) or None).to_pylist()
    return [_row(row) for row in rows]


def put_shards(lake: Lake, rows: Sequence[ShardRow]) -> None:
    """Insert the rows, or replace those of the same ids."""
    now = datetime.now(UTC)
    values = [asdict(row) | {"video_ids": list(row.video_ids), "at": now} for row in rows]
    lake.upsert("shards", table_of("shards", values), on="shard_id")


def delete_shards(lake: Lake, shard_ids: Iterable[str]) -> None:
    """Forget the rows; ids that are not there are left out."""
    if wanted := list(shard_ids):
        lake.delete("shards", is_in("shard_id", wanted))


def _row(row: dict[str, Any]) -> ShardRow:
    return ShardRow(**row | {"video_ids": tuple(row["video_ids"] or ())})
