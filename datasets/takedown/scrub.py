"""Taking rows out of a version of a table so that its files hold no trace of them.

Deleting a row leaves its bytes in the data file until the fragment is written again, so that both are done here; and
the SQL of a deletion would stand in the table's log, so that rows are deleted without one. Older versions still hold
everything: removing those is the caller's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lance
import pyarrow as pa
from lance.fragment import FragmentMetadata

from datasets.counts import is_in
from datasets.lake import LakeError
from datasets.upkeep.compaction import commit_rewrites, rewrite

Row = Mapping[str, Any]
_REASON = "takedown"  # stands in the log in place of the SQL
_RETRIES = 10


@dataclass(frozen=True)
class Cleaning:
    """What a table is to be freed of."""

    key: str
    columns: tuple[str, ...]  # which tell; the key is one of them
    cleaned: Callable[[Row], Row | None]  # the row as it may stay, equal to what it was, or None: it goes


def needs_cleaning(table: lance.LanceDataset, cleaning: Cleaning) -> bool:
    """Whether a row, or what a deleted row left in a file, is not as it may stay."""
    return bool(_edits(table, cleaning).total) or bool(_fragments_with_remains(table, cleaning))


def scrub(
    table: lance.LanceDataset, cleaning: Cleaning, *, check: Callable[[], None] = lambda: None
) -> lance.LanceDataset:
    """The table's next version, or that of its branch, in which nothing of it is left.

    check: called before each commit. For a caller that is the only writer; a scrub that was interrupted is gone on
    with by the next.
    """
    edits = _edits(table, cleaning)
    if edits.changed:
        check()
        table = _replaced(table, cleaning, edits.changed)
    if edits.gone:
        check()
        table = _deleted(table, cleaning.key, edits.gone)
    for fragment_id in _fragments_with_remains(table, cleaning):
        done = rewrite(table, [fragment_id])
        check()
        if not commit_rewrites(table, done):
            raise LakeError(f"{table.uri} was changed by another writer meanwhile: run this again")
        table = _newest(table)
    return table


@dataclass(frozen=True)
class _Edits:
    changed: list[Row]
    gone: dict[int, list[str]]  # keys by fragment

    @property
    def total(self) -> int:
        return len(self.changed) + sum(map(len, self.gone.values()))


def _edits(table: lance.LanceDataset, cleaning: Cleaning) -> _Edits:
    edits = _Edits([], {})
    for batch in table.to_batches(columns=list(cleaning.columns), with_row_address=True):
        fragments = [address >> 32 for address in batch["_rowaddr"].to_pylist()]
        for fragment, row in zip(fragments, _rows(batch, cleaning), strict=True):
            new = cleaning.cleaned(row)
            if new is None:
                edits.gone.setdefault(fragment, []).append(row[cleaning.key])
            elif new != row:
                edits.changed.append(new)
    return edits


def _fragments_with_remains(table: lance.LanceDataset, cleaning: Cleaning) -> list[int]:
    """Fragments in whose files a row stands that was deleted, or replaced, because it may not stay."""
    with_deletions = [each for each in table.get_fragments() if each.metadata.num_deletions]
    return [each.fragment_id for each in with_deletions if _has_remains(table, each, cleaning)]


def _has_remains(
    table: lance.LanceDataset, fragment: lance.fragment.LanceFragment, cleaning: Cleaning
) -> bool:
    stored = table.scanner(
        columns=list(cleaning.columns), fragments=[fragment], include_deleted_rows=True, with_row_id=True
    )
    return any(
        cleaning.cleaned(row) != row for batch in stored.to_batches() for row in _rows(batch, cleaning)
    )


def _rows(batch: pa.RecordBatch, cleaning: Cleaning) -> Iterator[Row]:
    yield from batch.select(list(cleaning.columns)).to_pylist()


def _replaced(table: lance.LanceDataset, cleaning: Cleaning, rows: Sequence[Row]) -> lance.LanceDataset:
    """The table with other values in the columns of these rows that tell."""
    by_key = {row[cleaning.key]: row for row in rows}
    old = table.to_table(filter=is_in(cleaning.key, by_key))
    keys = old[cleaning.key].to_pylist()
    for name in cleaning.columns:
        field = old.schema.field(name)
        values = pa.array([by_key[key][name] for key in keys], field.type)
        old = old.set_column(old.schema.get_field_index(name), field, values)
    merge = table.merge_insert(cleaning.key).when_matched_update_all()
    merge.use_index(False).conflict_retries(_RETRIES).execute(old)
    return _newest(table)


def _deleted(table: lance.LanceDataset, key: str, gone: Mapping[int, Sequence[str]]) -> lance.LanceDataset:
    kept: list[FragmentMetadata] = []
    emptied: list[int] = []
    for fragment_id, keys in gone.items():
        fragment = table.get_fragment(fragment_id)
        left = fragment.delete(is_in(key, keys)) if fragment else None
        if left is None:
            emptied.append(fragment_id)
        else:
            kept.append(left)
    change = lance.LanceOperation.Delete(kept, emptied, _REASON)
    return lance.LanceDataset.commit(table, change, read_version=table.version, max_retries=_RETRIES)


def _newest(table: lance.LanceDataset) -> lance.LanceDataset:
    table.checkout_latest()
    return table
