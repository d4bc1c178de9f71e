"""What a re-annotation has written, put in place: in one commit, by this run or, after a kill, by the next."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.replacement import Replacement, commit_replacements, files_are_there
from datasets.staleness import Wanted
from flows.shard_ledger import ShardRow, delete_shards, put_shards, shard_rows

FLOW = "reannotate"


@dataclass(frozen=True)
class Committed:
    """Clips by what became of their new values."""

    replaced: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()  # their fragment is gone, or what the values were derived from has changed


def written_row(shard_id: str, run_id: str, wanted: Wanted, replacements: Sequence[Replacement]) -> ShardRow:
    """The ledger's row of a shard whose files lie there and are not committed."""
    result = _wanted(wanted) | {"replacements": [each.as_dict() for each in replacements]}
    clips = sum(len(each.clip_ids) for each in replacements)
    counts = json.dumps({"clips": clips})
    return ShardRow(shard_id, run_id, FLOW, "written", result=json.dumps(result), counts=counts)


def commit_written(lake: Lake, rows: Sequence[ShardRow]) -> Committed:
    """Commit these shards at once; what no longer holds is left out, and its shards are forgotten."""
    by_shard = {row.shard_id: _replacements(row) for row in rows}
    if not by_shard:
        return Committed()
    with committing(lake) as check:
        done = commit_replacements(lake, [each for some in by_shard.values() for each in some], check=check)
        held = set(done.committed)
        kept = [row for row in rows if held.intersection(by_shard[row.shard_id])]
        put_shards(lake, [replace(row, state="committed", result=None) for row in kept])
        delete_shards(lake, {row.shard_id for row in rows} - {row.shard_id for row in kept})
    return Committed(_clip_ids(done.committed), _clip_ids(done.outdated))


def commit_left_over(lake: Lake, wanted: Wanted) -> Committed:
    """Commit what a run that was stopped had written of this slot, if it is what is wanted now; forget the rest.

    For a caller that is the only one to re-annotate this slot.
    """
    rows = [
        row for row in shard_rows(lake, state="written", flow=FLOW) if _result(row)["slot"] == wanted.slot
    ]
    fit = [row for row in rows if _fits(lake, row, wanted)]
    delete_shards(lake, {row.shard_id for row in rows} - {row.shard_id for row in fit})
    return commit_written(lake, fit)


def _fits(lake: Lake, row: ShardRow, wanted: Wanted) -> bool:
    result = _result(row)
    same = all(result.get(name) == value for name, value in _wanted(wanted).items())
    return same and files_are_there(lake, _replacements(row))


def _wanted(wanted: Wanted) -> dict[str, Any]:
    names = ("slot", "version", "params_hash", "left_out")
    return {name: getattr(wanted, name) for name in names}


def _result(row: ShardRow) -> dict[str, Any]:
    return json.loads(row.result or "{}")


def _replacements(row: ShardRow) -> list[Replacement]:
    return [Replacement.from_dict(values) for values in _result(row)["replacements"]]


def _clip_ids(replacements: Sequence[Replacement]) -> tuple[str, ...]:
    return tuple(clip_id for each in replacements for clip_id in each.clip_ids)
