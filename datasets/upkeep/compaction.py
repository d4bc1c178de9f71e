"""Small fragments made into larger ones, a bounded number of bytes at a time.

Lance bounds rows and leaves blobs uncounted, so which fragments go together is planned here and Lance rewrites each
group. Old versions, tagged ones too, keep their files. A rewrite is committed apart from the copying: appends in
between do no harm, and where somebody changed the same rows it is the rewrite that is dropped.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lance
from lance.optimize import Compaction, RewriteResult

from datasets.lake import Lake
from datasets.upkeep.table_files import data_bytes, delete_files, stored_files, unnamed_files

_DELETED_SHARE = 0.1  # of a fragment's rows, from which on rewriting it is worth its bytes
_MANY = 8  # fragments: each costs every reader and every commit
_ROWS_A_BATCH = 64  # 64 clips of full width are 60 MB; blobs are streamed


@dataclass(frozen=True)
class Fragment:
    """A part of a table, and what it costs to rewrite."""

    id: int
    rows: int  # without deleted ones
    deleted: int
    bytes: int  # on disk, with its blobs


@dataclass(frozen=True)
class Bounds:
    """Of a fragment that compaction makes."""

    rows: int
    bytes: int


Group = tuple[Fragment, ...]  # neighbours that are to be one


def fragments_of(lake: Lake, name: str) -> list[Fragment]:
    """The fragments of a table's newest version, in its order."""
    table = lake.table(name)
    sizes = data_bytes(stored_files(lake, name))
    return [_fragment(fragment.metadata, sizes) for fragment in table.get_fragments()]


def plan_groups(
    fragments: Sequence[Fragment], bounds: Bounds, *, excluded: Collection[int] = ()
) -> list[Group]:
    """Neighbours that fit into one fragment, and fragments with many deleted rows; each fragment once at most.

    A fragment that is as large as the bounds stays, and so does one in `excluded`.
    """
    return [group for group in _runs(fragments, bounds, excluded) if group and _is_worth_it(group)]


def within(groups: Sequence[Group], budget_bytes: int) -> list[Group]:
    """The first groups that together hold no more bytes than the budget."""
    chosen: list[Group] = []
    for group in groups:
        budget_bytes -= group_bytes(group)
        if budget_bytes < 0:
            break
        chosen.append(group)
    return chosen


def group_bytes(group: Group) -> int:
    """What is read and written again."""
    return sum(fragment.bytes for fragment in group)


def rewrite(table: lance.LanceDataset, fragment_ids: Collection[int]) -> list[RewriteResult]:
    """The fragments written again, without deleted rows, as one; the table does not change until `commit_rewrites`.

    Nothing comes of a single fragment without deleted rows.
    """
    wanted = set(fragment_ids)
    others = [each.fragment_id for each in table.get_fragments() if each.fragment_id not in wanted]
    options: dict[str, Any] = {
        "excluded_fragment_ids": others,
        "target_rows_per_fragment": max(1, table.count_rows()),  # all of them: the group has its bounds
        "materialize_deletions": True,
        "materialize_deletions_threshold": 0.0,
        "num_threads": 1,
        "batch_size": _ROWS_A_BATCH,
    }
    plan = Compaction.plan(table, options)  # type: ignore[arg-type]
    return [task.execute(table) for task in plan.tasks]


def commit_rewrites(table: lance.LanceDataset, done: Sequence[RewriteResult]) -> bool:
    """Put the new fragments in the place of the old ones; False where somebody changed these meanwhile."""
    try:
        Compaction.commit(table, list(done))
    except OSError as error:
        if "conflict" not in str(error):
            raise
        return False
    return True


def discard_rewrites(lake: Lake, name: str, done: Sequence[RewriteResult]) -> None:
    """Delete the files of rewrites that were not committed."""
    ours = {file.path for result in done for fragment in result.new_fragments for file in fragment.files}
    beginnings = tuple(f"data/{path.removesuffix('.lance')}" for path in ours)
    left = [file.path for file in unnamed_files(lake, name) if file.path.startswith(beginnings)]
    delete_files(lake, name, left)


def _fragment(metadata: Any, sizes: Mapping[str, int]) -> Fragment:
    rows = metadata.physical_rows - metadata.num_deletions
    stored = sum(sizes.get(file.path, 0) for file in metadata.files)
    return Fragment(metadata.id, rows, metadata.num_deletions, stored)


def _runs(fragments: Sequence[Fragment], bounds: Bounds, excluded: Collection[int]) -> Iterator[Group]:
    run: Group = ()
    for fragment in fragments:
        if fragment.id in excluded:
            yield run
            run = ()
        elif _fits((*run, fragment), bounds):
            run = (*run, fragment)
        else:
            yield run
            run = (fragment,)
    yield run


def _fits(group: Group, bounds: Bounds) -> bool:
    rows = sum(fragment.rows for fragment in group)
    return rows <= bounds.rows and group_bytes(group) <= bounds.bytes


def _is_worth_it(group: Group) -> bool:
    """Whether rewriting gains something: else a table that grows by a few rows a day would be copied every day."""
    rows, deleted = (
        sum(values) for values in zip(*((each.rows, each.deleted) for each in group), strict=True)
    )
    largest = max(fragment.rows for fragment in group)
    doubles = len(group) > 1 and largest <= rows / 2
    return doubles or len(group) >= _MANY or deleted > _DELETED_SHARE * (rows + deleted)
