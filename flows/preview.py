"""`emo2 ingest --dry-run`: what an ingest would find, without Prefect, Ray or a write to the lake."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from datasets.lake import Lake, LakeError
from datasets.media.errors import MediaError
from datasets.media.guard import Guard
from datasets.media.probe import probe
from datasets.sources.local import local_copy
from datasets.sources.source import open_source
from datasets.sources.video import SourceVideo
from flows.claims import Wanted
from flows.ingest_config import IngestConfig
from flows.work import VideoWork

_ROWS_SHOWN = 50


def probe_facts(request: dict[str, Any]) -> dict[str, Any]:
    """The facts of one file; called by name in the guarded child."""
    return asdict(probe(Path(request["path"])))


def preview(config: IngestConfig, console: Console) -> None:
    """Print every video of the source with its length and what would become of it.

    Raises UserError for what an ingest would refuse: a source or hand options that cannot be used.
    """
    config.hands.check()
    downloads = Path(config.downloads) if config.downloads else None
    videos = open_source(config.source, dataset=config.dataset, downloads=downloads, limit=config.limit)
    known = _known(config.lake)
    limits = config.limits
    guard = Guard(limits.base_deadline_s, limits.memory_mb << 20)
    with guard, tempfile.TemporaryDirectory() as scratch:
        work = VideoWork(Lake(config.lake), guard, config, "dry-run", Path(scratch))
        looking = track(videos, "looking", console=console, transient=True)
        wanted = Wanted(known)
        rows = [_look(work, wanted, video) for video in looking]
    _show(rows, console)


def _known(uri: str) -> dict[str, tuple[str, str | None]]:
    try:
        return Lake.open(uri).known_videos()
    except LakeError:  # a lake that does not exist yet knows nothing
        return {}


def _look(work: VideoWork, wanted: Wanted, source: SourceVideo) -> tuple[str, float | None, str]:
    """(uri, announced seconds, what would become of it)."""
    known = work.identify(source)
    if known.reason:
        return source.uri, None, known.reason.value
    if wanted.is_forgotten(known.video_id):
        return source.uri, None, "forgotten"
    if not wanted.add(known.video_id, source):
        return source.uri, None, "already known"
    try:
        path = local_copy(source.uri, work.scratch).absolute()
        facts = work.guard.call("flows.preview:probe_facts", {"path": str(path)}).values
    except MediaError as error:
        return source.uri, None, error.reason.value
    return source.uri, facts["announced_duration_s"], "new"


def _show(rows: list[tuple[str, float | None, str]], console: Console) -> None:
    table = Table("video", "would be", title=f"{len(rows)} videos", title_justify="left")
    table.add_column("seconds", justify="right")
    for uri, seconds, fate in rows[:_ROWS_SHOWN]:
        table.add_row(uri, fate, "" if seconds is None else f"{seconds:.1f}")
    console.print(table)
    if len(rows) > _ROWS_SHOWN:
        console.print(f"and {len(rows) - _ROWS_SHOWN} more")
    hours = sum(seconds or 0 for _, seconds, _ in rows) / 3600
    new = sum(fate == "new" for *_, fate in rows)
    console.print(
        f"{new} of {len(rows)} videos would be ingested, {hours:.2f} h as announced; nothing was written"
    )
