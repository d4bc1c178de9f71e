"""Snapshots as tables for people."""

from collections.abc import Sequence

from rich.table import Table

from datasets.snapshots.diff import SnapshotDiff
from datasets.snapshots.snapshot import Snapshot


def list_table(snapshots: Sequence[Snapshot]) -> Table:
    table = Table("name", "made (UTC)", "promoted", "state")
    for column in ("clips", "hours", "train", "val", "test"):
        table.add_column(column, justify="right")
    table.add_column("content")
    for each in snapshots:
        counts = each.counts
        numbers = [counts["clips"], counts["hours"], *counts["splits"].values()]
        when = f"{each.at:%Y-%m-%d %H:%M}", f"{each.promoted_at:%Y-%m-%d}" if each.promoted_at else "-"
        table.add_row(each.name, *when, each.state, *(f"{n:,}" for n in numbers), each.content_hash[:16])
    return table


def show_tables(snapshot: Snapshot) -> list[Table]:
    """What it is, and which annotators filled its slots."""
    counts = snapshot.counts
    facts = {
        "name": snapshot.name,
        "state": f"{snapshot.state}{f': {snapshot.detail}' if snapshot.detail else ''}",
        "made": f"{snapshot.at:%Y-%m-%d %H:%M} UTC, by run {snapshot.run_id or '-'}",
        "promoted": f"{snapshot.promoted_at:%Y-%m-%d %H:%M} UTC" if snapshot.promoted_at else "no",
        "selection": snapshot.selection,
        "content": snapshot.content_hash,
        "versions": ", ".join(f"{table} {version}" for table, version in snapshot.versions.items()),
        "clips": f"{counts['clips']:,} ({counts['hours']:,.1f} h) of {counts['videos']:,} videos",
        "speakers": f"{counts['speakers']:,} named",
        "splits": ", ".join(f"{clips:,} {split}" for split, clips in counts["splits"].items()),
        "styles": ", ".join(f"{clips:,} {style}" for style, clips in counts.get("styles", {}).items()),
    }
    table = Table(show_header=False)
    for name, value in facts.items():
        table.add_row(name, value)
    return [table, _annotators(snapshot)]


def _annotators(snapshot: Snapshot) -> Table:
    table = Table("slot", "version/parameters", title="Annotators", title_justify="left")
    for column in ("clips", "stale", "empty"):
        table.add_column(column, justify="right")
    for slot, empty in snapshot.counts["empty"].items():
        stale = snapshot.counts["stale"].get(slot, 0)
        kinds = snapshot.annotators.get(slot, {"-": 0})
        table.add_row(
            slot, "\n".join(kinds), "\n".join(f"{n:,}" for n in kinds.values()), f"{stale:,}", f"{empty:,}"
        )
    return table


def diff_tables(diff: SnapshotDiff) -> list[Table]:
    """Clips, slots, splits and versions, from the first snapshot to the second."""
    title = f"{diff.first.name} to {diff.second.name}"
    clips = _numbers(title, {"added": len(diff.added), "removed": len(diff.removed), "in both": diff.common})
    slots = Table("of the clips in both", title="Labels", title_justify="left")
    for column in ("written again", "with other values"):
        slots.add_column(column, justify="right")
    for slot, change in diff.slots.items():
        slots.add_row(slot, f"{change.written:,}", f"{change.changed:,}")
    slots.add_row("film", "", f"{diff.films:,}")
    slots.add_row("style told", "", f"{diff.styles:,}")
    moves = {f"{before} to {after}": clips for (before, after), clips in diff.split_moves.items()}
    versions = Table("table", diff.first.name, diff.second.name, title="Versions", title_justify="left")
    for name, version in diff.second.versions.items():
        versions.add_row(name, str(diff.first.versions.get(name, "-")), str(version))
    return [clips, slots, _numbers("Split moves", moves or {"none": 0}), versions]


def _numbers(title: str, numbers: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in numbers:
        table.add_column(name, justify="right")
    table.add_row(*(f"{number:,}" for number in numbers.values()))
    return table
