"""The report of a lake, written as one HTML file."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from datasets.errors import UserError
from datasets.hand.model import HandModel
from datasets.hand.store import hand_model
from datasets.lake import Lake
from flows.report.data import ClipRow, ReportData, gather
from flows.report.page import page
from flows.report.sheet import Sheet, make_sheet

Progress = Callable[[int, int], None]  # clips drawn so far, clips to draw


class ReportError(UserError):
    """The report's file cannot be written; the sentence names it and what to do."""


@dataclass(frozen=True)
class ReportSummary:
    """What was written."""

    path: Path
    size_bytes: int
    clips: int  # in the lake
    clips_drawn: int
    videos: int
    videos_quarantined: int


def write_report(
    lake: Lake,
    out: Path,
    *,
    max_clips: int = 200,
    frames_per_clip: int = 6,
    progress: Progress | None = None,
    hand_models: Mapping[str, HandModel] | None = None,
    seed: int = 0,
) -> ReportSummary:
    """Write the report of the lake's newest versions to `out` and say what is in it.

    max_clips: how many clips are drawn: see `gather`, which `seed` is for too.
    hand_models: what meshes are drawn with, by the name in `hands_model`, besides this machine's own models.
    The file appears whole or not at all. Raises ReportError where `out` cannot be written.
    """
    _check_out(out)
    data = gather(lake, max_clips=max_clips, seed=seed)
    models = {**stored_models(data.rows), **(hand_models or {})}
    return write_page(data, out, frames_per_clip=frames_per_clip, models=models, progress=progress)


def write_page(
    data: ReportData,
    out: Path,
    *,
    frames_per_clip: int,
    models: Mapping[str, HandModel],
    progress: Progress | None = None,
) -> ReportSummary:
    """Write the page of gathered data; a few clips are in memory at a time."""
    sheets = _sheets(data, frames_per_clip, models, progress or (lambda done, total: None))
    pieces = page(data.overview, sheets, drawn=len(data.rows), made_at=datetime.now(UTC))
    size_bytes = _write_whole(out, pieces)
    counts = data.overview
    return ReportSummary(
        path=out,
        size_bytes=size_bytes,
        clips=counts.clips["total"],
        clips_drawn=len(data.rows),
        videos=counts.videos["total"],
        videos_quarantined=counts.videos["quarantined"],
    )


def _sheets(
    data: ReportData, frames_per_clip: int, models: Mapping[str, HandModel], progress: Progress
) -> Iterator[Sheet]:
    for done, clip in enumerate(data.clips(), start=1):
        yield make_sheet(clip, frames_per_clip, models)
        progress(done, len(data.rows))


def stored_models(rows: Iterable[ClipRow]) -> dict[str, HandModel]:
    """The hand models of the drawn clips that this machine holds; a sheet says which one it lacks."""
    models = {}
    for name in {row.hands_model for row in rows if row.hands_model}:
        with suppress(UserError):
            models[name] = hand_model(name)
    return models


def _check_out(out: Path) -> None:
    """Complain before the lake is read, not after."""
    if out.is_dir():
        raise ReportError(
            f"cannot write the report to {out}: it is a folder; name a file, as in {out}/report.html"
        )
    if not out.parent.is_dir():
        raise ReportError(
            f"cannot write the report to {out}: the folder {out.parent} does not exist; make it first"
        )


def _write_whole(out: Path, pieces: Iterator[str]) -> int:
    """Write beside `out`, then move into place; returns the size in bytes."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise ReportError(f"cannot write the report to {out}: {error.strerror}; give another file") from error
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        written.chmod(0o644)
        written.replace(out)
    finally:
        written.unlink(missing_ok=True)
    return out.stat().st_size
