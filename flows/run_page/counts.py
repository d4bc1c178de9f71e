"""The counts of a run as a table for people: what went in, what came of it and why, and what it took."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from datasets.frame import CLIP_RATE_HZ
from flows.report.words import words_for
from flows.run_page.publish import Artifact, Page, Piece

KEY = "counts"

Counts = Mapping[str, Any]  # as in the column `counts` of the ledger
Cells = Iterator[tuple[str, float]]

_OF_INGEST = {
    "videos": "Videos that went in",
    "videos_ingested": "Videos ingested",
    "videos_known": "Videos known already",
    "videos_quarantined": "Videos quarantined",
    "videos_forgotten": "Videos taken down earlier, and left out",
    "clips": "Clips cut",
    "clips_kept": "Clips kept",
    "clips_filtered": "Clips filtered",
    "clips_quarantined": "Clips quarantined",
    "clips_known": "Clips known already",
}
_OF_REANNOTATION = {
    "chosen": "Stale clips chosen",
    "replaced": "Clips with new labels",
    "failed": "Clips that failed, and keep the labels they had",
    "gone": "Clips deleted or done by others meanwhile",
    "resumed": "Clips that an earlier run had written, committed now",
    "waiting": "Stale clips that wait for a slot they are derived from",
    "annotated": "Clips annotated",
}


def counts(cells: Callable[[Counts], Cells], description: str) -> Piece:
    """The piece of a run's page with the table `what`, `count`; nothing for a run that counted nothing."""

    def counts_table(page: Page) -> Artifact | None:
        counted = page.run.counts.as_dict() if page.run else {}
        if not counted:
            return None
        rows = [{"what": what, "count": _rounded(value)} for what, value in cells(counted)]
        return Artifact(KEY, rows, description)

    return counts_table


def of_ingest(counted: Counts) -> Cells:
    """Videos, clips, reasons, hours and core-seconds."""
    yield from ((what, counted[name]) for name, what in _OF_INGEST.items())
    for reason, number in sorted(counted["reasons"].items()):
        yield f"Reason: {words_for(reason).label}", number
    yield "Hours of clips kept", counted["frames_kept"] / CLIP_RATE_HZ / 3600
    yield from _costs(counted["costs"])


def of_reannotation(counted: Counts) -> Cells:
    """Clips, why they were stale, and core-seconds."""
    yield from ((what, counted[name]) for name, what in _OF_REANNOTATION.items())
    for why, number in sorted(counted["why"].items()):
        yield f"Stale: {why}", number
    yield from _costs(counted["costs"])


def of_snapshot(counted: Counts) -> Cells:
    """Clips, hours, videos, splits, and labels that are stale or missing."""
    yield "Clips", counted["clips"]
    yield "Hours", counted["hours"]
    yield "Videos", counted["videos"]
    yield "Speakers named", counted["speakers"]
    for split, clips in counted["splits"].items():
        yield f"Clips to {split}", clips
    yield "Clips moved to another split, so that none leaks", counted["splits_resolved"]["clips"]
    for state in ("stale", "empty"):
        for slot, clips in counted[state].items():
            if clips:
                yield f"Clips with {'stale' if state == 'stale' else 'no'} {slot}", clips


def of_upkeep(counted: Counts) -> Cells:
    """Of the whole lake, then of each table where something was done."""
    tables = counted["tables"]
    would = " (would be)" if counted["dry_run"] else ""
    yield f"Fragments merged{would}", sum(map(_merged, tables))
    yield f"Megabytes rewritten{would}", sum(each["bytes"] for each in tables) / 1e6
    yield f"Old versions removed{would}", sum(each["versions_removed"] for each in tables)
    yield f"Megabytes freed{would}", sum(each["bytes_freed"] for each in tables) / 1e6
    yield "Orphan files found", sum(each["orphans"] for each in tables)
    yield "Orphan files deleted", sum(each["orphans_deleted"] for each in tables)
    yield "Killed runs marked as failed", counted["runs_ended"]
    yield "Written shards that no run can commit, dropped", counted["shards_dropped"]
    yield "Takedowns that were interrupted", len(counted["unfinished_takedowns"])
    for each in tables:
        if _merged(each):
            yield f"{each['table']}: fragments merged{would}", _merged(each)
        if each["versions_removed"]:
            yield f"{each['table']}: old versions removed{would}", each["versions_removed"]
        if each["orphans"]:
            yield f"{each['table']}: orphan files", each["orphans"]


def _merged(table: Mapping[str, Any]) -> int:
    return table["fragments_before"] - table["fragments_after"]


def _costs(costs: Mapping[str, Any]) -> Cells:
    stages = costs["stages"].values()
    yield "Core-seconds of work", sum(stage["cpu_s"] for stage in stages)
    if costs["held_core_s"]:
        yield "Core-seconds that the run held the cluster's cores", costs["held_core_s"]
    if gpu_s := sum(stage["gpu_s"] for stage in stages):
        yield "GPU-seconds", gpu_s


def _rounded(value: float) -> float:
    """Whole numbers stay whole; others keep three decimals, or three figures where they are small."""
    if isinstance(value, int):
        return value
    return round(value, 3) if abs(value) >= 0.1 else float(f"{value:.3g}")
