"""What is quarantined in a lake: videos that could not be read, and clips that could not be made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from datasets.counts import is_in
from datasets.lake import Lake, LakeError
from datasets.reasons import QUARANTINE_REASONS

_VIDEO_COLUMNS = ["video_id", "uri", "reason", "detail", "run_id", "at"]


@dataclass(frozen=True)
class Quarantined:
    """One row that is not what it should be; all rows of a video are tried again together."""

    kind: Literal["video", "clip"]
    id: str
    video_id: str
    uri: str
    reason: str
    detail: str | None
    run_id: str  # which put it there
    at: datetime | None  # None for a clip


def quarantined(lake: Lake, *, reasons: Sequence[str] = (), where: str | None = None) -> list[Quarantined]:
    """Rows of `videos` and `clips` with one of the reasons, any where none is named; videos first.

    where: SQL over `videos`, which also chooses the clips. Raises LakeError for a reason that is none of
    quarantine, and for SQL that cannot be read.
    """
    if unknown := sorted(set(reasons) - QUARANTINE_REASONS):
        known = ", ".join(sorted(QUARANTINE_REASONS))
        raise LakeError(f"{unknown[0]!r} is no reason of quarantine: give one of {known}")
    chosen = is_in("reason", reasons or sorted(QUARANTINE_REASONS))
    videos = _videos(lake, where)
    clips = _clips(lake, chosen, {row["video_id"]: row for row in videos})
    return [_video(row) for row in videos if row["reason"] in (reasons or QUARANTINE_REASONS)] + clips


def _videos(lake: Lake, where: str | None) -> list[dict[str, Any]]:
    try:
        return lake.table("videos").to_table(columns=_VIDEO_COLUMNS, filter=where).to_pylist()
    except (OSError, ValueError) as error:
        text = str(error).splitlines()[0]
        raise LakeError(f"--where {where!r} is no SQL over the table videos: {text}") from error


def _clips(lake: Lake, chosen: str, videos: dict[str, dict[str, Any]]) -> list[Quarantined]:
    columns = ["clip_id", "video_id", "reason", "detail", "run_id"]
    rows = lake.table("clips").to_table(columns=columns, filter=chosen).to_pylist()
    return [
        Quarantined("clip", row["clip_id"], row["video_id"], videos[row["video_id"]]["uri"], *_why(row), None)
        for row in rows
        if row["video_id"] in videos
    ]


def _video(row: dict[str, Any]) -> Quarantined:
    return Quarantined("video", row["video_id"], row["video_id"], row["uri"], *_why(row), row["at"])


def _why(row: dict[str, Any]) -> tuple[str, str | None, str]:
    return row["reason"], row["detail"], row["run_id"]
