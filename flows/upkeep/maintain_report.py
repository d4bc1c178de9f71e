"""What a maintenance found and did, for people and for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from datasets.upkeep.maintenance import Compacted
from datasets.upkeep.table_files import StoredFile
from datasets.upkeep.table_versions import Removed

_DAY_S = 86400.0


@dataclass(frozen=True)
class TableUpkeep:
    """One table."""

    table: str
    compacted: Compacted
    removed: Removed
    orphans: tuple[StoredFile, ...]  # that no version names, those deleted included
    orphans_deleted: int = 0
    note: str = ""  # why something was left

    def as_dict(self) -> dict[str, Any]:
        """Plain values; ages in days."""
        return {
            "table": self.table,
            **asdict(self.compacted),
            "versions_removed": self.removed.versions,
            "bytes_freed": self.removed.bytes,
            "orphans": [_file(file) for file in self.orphans],
            "orphans_deleted": self.orphans_deleted,
            "note": self.note,
        }


@dataclass(frozen=True)
class Upkeep:
    """The whole lake; in a dry run, what would be done."""

    dry_run: bool = False
    tables: tuple[TableUpkeep, ...] = ()
    runs_ended: int = 0  # that were killed and still said running
    shards_dropped: int = 0  # written work that no run can commit any more
    unfinished: tuple[str, ...] = field(default=())  # videos whose takedown was interrupted

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "dry_run": self.dry_run,
            "tables": [table.as_dict() for table in self.tables],
            "runs_ended": self.runs_ended,
            "shards_dropped": self.shards_dropped,
            "unfinished_takedowns": list(self.unfinished),
        }

    def sentence(self, lake_uri: str) -> str:
        """For a state's message."""
        merged = sum(each.compacted.fragments_before - each.compacted.fragments_after for each in self.tables)
        orphans = [file for each in self.tables for file in each.orphans]
        did = "would be" if self.dry_run else "were"
        parts = [
            f"{merged} fragments {did} merged ({_size(_rewritten(self.tables))} rewritten)",
            f"{sum(each.removed.versions for each in self.tables)} old versions {did} removed"
            f" ({_size(sum(each.removed.bytes for each in self.tables))} freed)",
            f"{len(orphans)} orphan files ({_size(sum(file.bytes for file in orphans))})"
            + (
                f", {sum(each.orphans_deleted for each in self.tables)} deleted"
                if any(each.orphans_deleted for each in self.tables)
                else ""
            ),
        ]
        parts += [f"{self.runs_ended} killed runs ended"] * bool(self.runs_ended)
        parts += [f"{self.shards_dropped} void shards dropped"] * bool(self.shards_dropped)
        parts += [
            f"a takedown was interrupted: run `emo2 forget {video_id} --lake {lake_uri}`"
            for video_id in self.unfinished[:1]
        ]
        return "; ".join(parts)


@dataclass(frozen=True)
class UpkeepCounts:
    """Of a run, for the ledger: the report without the names of files."""

    upkeep: Upkeep = field(default_factory=Upkeep)

    def as_dict(self) -> dict[str, Any]:
        whole = self.upkeep.as_dict()
        return whole | {
            "tables": [each | {"orphans": len(each["orphans"])} for each in whole["tables"]],
        }


def upkeep_table(upkeep: Upkeep) -> Table:
    """A row a table."""
    title = "Would be done" if upkeep.dry_run else "Done"
    table = Table("table", title=title, title_justify="left")
    for column in ("fragments", "rewritten", "versions", "freed", "orphans", "oldest"):
        table.add_column(column, justify="right")
    for each in upkeep.tables:
        table.add_row(*_cells(each))
    return table


def notes(upkeep: Upkeep) -> list[str]:
    """Why a table was left as it is, one line each."""
    return [f"{each.table}: {each.note}" for each in upkeep.tables if each.note]


def _cells(each: TableUpkeep) -> Iterable[str]:
    done, stored = each.compacted, sum(file.bytes for file in each.orphans)
    yield each.table
    yield (
        f"{done.fragments_before}"
        if done.fragments_before == done.fragments_after
        else f"{done.fragments_before} → {done.fragments_after}"
    )
    yield _size(done.bytes) if done.bytes else ""
    yield f"-{each.removed.versions}" if each.removed.versions else ""
    yield _size(each.removed.bytes) if each.removed.bytes else ""
    yield f"{len(each.orphans)} ({_size(stored)})" if each.orphans else ""
    yield f"{_age_days(each.orphans[0]):.0f} days" if each.orphans else ""


def _rewritten(tables: Iterable[TableUpkeep]) -> int:
    return sum(each.compacted.bytes for each in tables)


def _file(file: StoredFile) -> dict[str, Any]:
    return {"path": file.path, "bytes": file.bytes, "age_days": round(_age_days(file), 2)}


def _age_days(file: StoredFile) -> float:
    return (datetime.now(UTC) - file.modified).total_seconds() / _DAY_S


def _size(n_bytes: float) -> str:
    units: Sequence[str] = ("B", "kB", "MB", "GB", "TB")
    for unit in units[:-1]:
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} {units[-1]}"
