"""What became of the clips between two snapshots of a lake."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from datasets.schema import SLOTS
from datasets.snapshots.snapshot import Snapshot


@dataclass(frozen=True)
class SlotChange:
    """Of the clips in both snapshots."""

    written: int  # filled, emptied or annotated again, whether or not that changed anything
    changed: int  # hold other values


@dataclass(frozen=True)
class SnapshotDiff:
    """From the first to the second snapshot."""

    first: Snapshot
    second: Snapshot
    added: tuple[str, ...]  # clip ids, sorted
    removed: tuple[str, ...]
    common: int
    slots: Mapping[str, SlotChange]
    split_moves: Mapping[tuple[str, str], int]  # (from, to) -> clips in both
    films: int  # clips in both whose mp4 differs
    styles: int  # clips in both of which another style is told

    def as_dict(self) -> dict[str, Any]:
        """Of plain values."""
        versions = {name: (self.first.versions.get(name), now) for name, now in self.second.versions.items()}
        return {
            "first": self.first.name,
            "second": self.second.name,
            "same_content": self.first.content_hash == self.second.content_hash,
            "clips": {"added": len(self.added), "removed": len(self.removed), "common": self.common},
            "slots": {slot: {"written": s.written, "changed": s.changed} for slot, s in self.slots.items()},
            "split_moves": {f"{before} to {after}": n for (before, after), n in self.split_moves.items()},
            "films": self.films,
            "styles": self.styles,
            "versions": {name: list(pair) for name, pair in versions.items()},
            "annotators": [self.first.annotators, self.second.annotators],
            "added": list(self.added),
            "removed": list(self.removed),
        }


def diff_snapshots(first: Snapshot, second: Snapshot) -> SnapshotDiff:
    """Compares what small columns tell of every clip; media and labels are not read."""
    before, after = first.contents(), second.contents()
    ids = before["clip_id"], after["clip_id"]
    stayed = pc.is_in(ids[0], value_set=ids[1]), pc.is_in(ids[1], value_set=ids[0])  # type: ignore[attr-defined]
    old, new = before.filter(stayed[0]), after.filter(stayed[1])  # both sorted by clip
    return SnapshotDiff(
        first,
        second,
        added=tuple(ids[1].filter(pc.invert(stayed[1])).to_pylist()),  # type: ignore[attr-defined]
        removed=tuple(ids[0].filter(pc.invert(stayed[0])).to_pylist()),  # type: ignore[attr-defined]
        common=old.num_rows,
        slots={slot: _slot_change(old, new, slot) for slot in SLOTS},
        split_moves=_moves(old["split"].to_pylist(), new["split"].to_pylist()),
        films=_count_different(old, new, ["encode_hash"]),
        styles=_count_different(old, new, ["style_told"]),
    )


def _slot_change(old: pa.Table, new: pa.Table, slot: str) -> SlotChange:
    written = _count_different(old, new, [f"{slot}_made", f"{slot}_rev"])
    return SlotChange(written, _count_different(old, new, [f"{slot}_digest"]))


def _count_different(old: pa.Table, new: pa.Table, columns: list[str]) -> int:
    """Rows that differ in any of the columns; a column that one side lacks is empty there."""
    rows = zip(_rows(old, columns), _rows(new, columns), strict=True)
    return sum(before != after for before, after in rows)


def _rows(table: pa.Table, columns: list[str]) -> zip:
    missing = [None] * table.num_rows
    lists = [table[name].to_pylist() if name in table.column_names else missing for name in columns]
    return zip(*lists, strict=True)


def _moves(before: list[str], after: list[str]) -> dict[tuple[str, str], int]:
    moves = Counter(pair for pair in zip(before, after, strict=True) if pair[0] != pair[1])
    return dict(sorted(moves.items()))
