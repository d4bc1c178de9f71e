"""Snapshots: a choice of clips at fixed versions of all tables, under a name. Training reads nothing else.

A snapshot is a tag on every table, which keeps cleanup away from these versions, and then a row of `snapshots`. A
crash between the two leaves tags without a row: making the snapshot again puts them right.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import lance
import pyarrow as pa

from datasets.counts import is_in
from datasets.lake import Lake, LakeError
from datasets.schema import TABLES
from datasets.snapshots.contents import read_contents
from datasets.splits.split import Split

_NAME = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*"
)  # what Lance and file systems take as a tag
_LONGEST_NAME = 100


class SnapshotError(LakeError):
    """A snapshot cannot be made or read; the sentence says why and what to do."""


@dataclass(frozen=True)
class Snapshot:
    """A row of `snapshots`, and the tables as they were; an address only, so it travels to spawned processes."""

    lake: Lake
    name: str
    selection: str  # SQL over clips
    versions: Mapping[str, int]  # of each table
    counts: Mapping[str, Any]
    annotators: Mapping[str, Mapping[str, int]]  # slot -> {"version/params_hash": clips}
    content_hash: str
    state: str  # "ready" or "withdrawn"
    detail: str | None
    run_id: str | None
    at: datetime
    promoted_at: datetime | None = None  # found whole and offered for training

    def table(self, name: str) -> lance.LanceDataset:
        """The table as the snapshot has it: by its tag, which a takedown may have moved to a branch."""
        return self.lake.table(name, self.name)

    @property
    def clips(self) -> lance.LanceDataset:
        """Of all clips; read it with `filter`."""
        return self.table("clips")

    @property
    def clip_media(self) -> lance.LanceDataset:
        return self.table("clip_media")

    def filter(self, split: Split | None = None) -> str:
        """SQL over `clips` that holds for the snapshot's clips, or for those of one split."""
        return self.selection if split is None else f"{self.selection} AND split = '{split}'"

    def clip_ids(self, split: Split | None = None) -> list[str]:
        """Sorted, so that an index into them means the same in every process and run."""
        rows = self.clips.to_table(columns=["clip_id"], filter=self.filter(split))
        return sorted(rows["clip_id"].to_pylist())

    def contents(self) -> pa.Table:
        """A row for each clip: `datasets.snapshots.contents.read_contents`."""
        return read_contents(self.clips, self.clip_media, self.selection)

    def as_dict(self) -> dict[str, Any]:
        """Of plain values."""
        names = (
            "name",
            "selection",
            "versions",
            "counts",
            "annotators",
            "content_hash",
            "state",
            "detail",
            "run_id",
        )
        promoted_at = self.promoted_at.isoformat() if self.promoted_at else None
        plain = {name: getattr(self, name) for name in names}
        return plain | {"at": self.at.isoformat(), "promoted_at": promoted_at}


def check_name(name: str) -> None:
    """Raise SnapshotError for a name that cannot be a tag."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME or name.endswith(".lock"):
        raise SnapshotError(
            f"the name {name!r} cannot be a tag: take at most {_LONGEST_NAME} letters, digits, - and _,"
            " with dots between them, as in talks-2026.2"
        )


def list_snapshots(lake: Lake) -> list[Snapshot]:
    """Every snapshot, withdrawn ones too, the oldest first."""
    rows = lake.table("snapshots").to_table().sort_by([("at", "ascending"), ("name", "ascending")])
    return [_snapshot(lake, row) for row in rows.to_pylist()]


def find_snapshot(lake: Lake, name: str) -> Snapshot:
    """The snapshot of this name in whatever state; raises SnapshotError where there is none."""
    rows = lake.table("snapshots").to_table(filter=is_in("name", [name])).to_pylist()
    if rows:
        return _snapshot(lake, rows[0])
    if name in lake.table("clips").tags.list():
        raise SnapshotError(
            f"the snapshot {name} of {lake.uri} was never finished:"
            f" run `emo2 snapshot create {name} --lake {lake.uri}` again, with the --where of then"
        )
    known = ", ".join(each.name for each in list_snapshots(lake)) or "none"
    raise SnapshotError(f"{lake.uri} has no snapshot {name}; it has: {known}")


def open_snapshot(lake: Lake, name: str) -> Snapshot:
    """The snapshot of this name, sure to be readable: the one door for training.

    Raises SnapshotError where there is none, where a takedown has withdrawn it, or where its tags are gone.
    """
    found = find_snapshot(lake, name)
    if found.state != "ready":
        raise SnapshotError(
            f"the snapshot {name} of {lake.uri} is {found.state} ({found.detail or 'no reason is told'}):"
            f" make another, as in `emo2 snapshot create NAME --lake {lake.uri}`"
        )
    for table in found.versions:
        if tagged(lake, table, name) != found.versions[table]:
            raise SnapshotError(
                f"the tag {name} on the table {table} of {lake.uri} is not where the snapshot put it, so that its"
                " clips are no longer certain: make another snapshot, and touch tags with emo2 alone"
            )
    return found


def tagged(lake: Lake, table: str, name: str) -> int | None:
    """The version of the table that has this tag."""
    tag = lake.table(table).tags.list().get(name)
    return tag["version"] if tag else None


def put_tags(lake: Lake, name: str, versions: Mapping[str, int]) -> None:
    """The tag on every table, wherever a crash may have left it before."""
    for table in TABLES:
        opened = lake.table(table)
        place = opened.tags.update if name in opened.tags.list() else opened.tags.create
        place(name, versions[table])


def _snapshot(lake: Lake, row: Mapping[str, Any]) -> Snapshot:
    names = ("name", "selection", "content_hash", "state", "detail", "run_id", "at", "promoted_at")
    plain = {name: row[name] for name in names}
    parsed = {name: json.loads(row[name]) for name in ("versions", "counts", "annotators")}
    return Snapshot(lake, **plain, **parsed)
