"""What a takedown would remove and what it cannot reach, told before anything is done."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.counts import is_in
from datasets.errors import UserError
from datasets.lake import Lake
from datasets.selection import checked_selection
from datasets.takedown.forgetting import FORGOTTEN
from datasets.takedown.tags import holding
from datasets.takedown.takedown import unfinished
from datasets.takedown.traces import checkpoints

_SHORTEST = 6  # digits of an id that a person may give


class TakedownError(UserError):
    """The videos to be taken down cannot be told; the sentence says why."""


@dataclass(frozen=True)
class Doomed:
    """A video that would go."""

    video_id: str
    address: str | None  # None where an interrupted takedown, or a killed ingest, left none
    clips: int
    film_bytes: int


@dataclass(frozen=True)
class TrainingUse:
    """A training run on a snapshot that held one of the videos."""

    run_id: str
    snapshot: str
    checkpoints: tuple[str, ...]


@dataclass(frozen=True)
class TakedownPlan:
    """Everything that a takedown touches or cannot touch."""

    videos: tuple[Doomed, ...]
    resumed: tuple[str, ...]  # videos whose takedown was interrupted; it is finished along with these
    snapshots: tuple[str, ...]  # withdrawn
    training: tuple[TrainingUse, ...]  # what was learnt stays in these
    reports: tuple[str, ...]  # HTML that may show clips, out of the lake's reach

    @property
    def video_ids(self) -> tuple[str, ...]:
        return tuple(video.video_id for video in self.videos)

    @property
    def is_empty(self) -> bool:
        return not self.videos and not self.resumed


def plan_takedown(lake: Lake, *, video_ids: Sequence[str] = (), where: str | None = None) -> TakedownPlan:
    """The plan for these videos, by id or its beginning, or for those in `videos` the SQL chooses.

    Videos that are forgotten already are left out. Raises TakedownError for an id the lake does not hold, or that
    begins more than one, and SelectionError for SQL that is wrong.
    """
    if bool(video_ids) == bool(where):
        raise TakedownError("give either video ids or --where")
    rows = _rows(lake)
    chosen = _chosen(lake, where) if where else [_found(lake, each, rows) for each in video_ids]
    wanted = sorted({each for each in chosen if rows.get(each, {}).get("status") != FORGOTTEN})
    snapshots = tuple(each.name for each in holding(lake, wanted)) if wanted else ()
    return TakedownPlan(
        tuple(_doomed(lake, wanted, rows)),
        tuple(unfinished(lake)),
        snapshots,
        tuple(_training(lake, snapshots)),
        tuple(_reports(lake, wanted, rows)),
    )


def _rows(lake: Lake) -> dict[str, dict[str, Any]]:
    """video_id -> what `videos` says; of a video that only `clips` knows, since its ingest was killed, nothing."""
    columns = ["video_id", "uri", "status", "run_id"]
    rows = {row["video_id"]: row for row in lake.table("videos").to_table(columns=columns).to_pylist()}
    clips = lake.table("clips").to_table(columns=["video_id"])["video_id"].unique().to_pylist()
    return {video_id: {} for video_id in clips if video_id} | rows


def _chosen(lake: Lake, where: str) -> list[str]:
    table = lake.table("videos")
    selection = checked_selection(table, where)
    return table.to_table(columns=["video_id"], filter=selection)["video_id"].to_pylist()


def _found(lake: Lake, given: str, rows: Collection[str]) -> str:
    fits = [video_id for video_id in rows if video_id.startswith(given)] if len(given) >= _SHORTEST else []
    exact = [given] if given in rows else fits
    if len(exact) == 1:
        return exact[0]
    if exact:
        raise TakedownError(f"{len(exact)} videos of {lake.uri} begin with {given!r}: give more of the id")
    raise TakedownError(
        f"{lake.uri} holds no video {given!r}: give its id, at least {_SHORTEST} digits of it, or choose it by"
        " --where \"uri LIKE '%name%'\""
    )


def _doomed(lake: Lake, wanted: Sequence[str], rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Doomed]:
    if not wanted:
        return
    chosen = is_in("video_id", wanted)
    clips = lake.table("clips").to_table(columns=["clip_id", "video_id"], filter=chosen).to_pylist()
    video_of = {row["clip_id"]: row["video_id"] for row in clips}
    sizes = lake.table("clip_media").to_table(columns={"clip_id": "clip_id", "bytes": "mp4.size"})
    n_clips, n_bytes = Counter(video_of.values()), Counter[str]()
    for row in sizes.to_pylist():
        if row["clip_id"] in video_of:
            n_bytes[video_of[row["clip_id"]]] += row["bytes"] or 0
    for video_id in wanted:
        yield Doomed(video_id, rows[video_id].get("uri"), n_clips[video_id], n_bytes[video_id])


def _training(lake: Lake, snapshots: Sequence[str]) -> Iterator[TrainingUse]:
    if not snapshots:
        return
    columns = ["run_id", "tag", "params", "counts"]
    for row in lake.table("runs").to_table(columns=columns, filter=is_in("tag", snapshots)).to_pylist():
        paths = checkpoints([row["params"], row["counts"]])
        yield TrainingUse(row["run_id"], row["tag"], tuple(paths))


def _reports(lake: Lake, wanted: Sequence[str], rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where the ingests of these videos were told to put a report."""
    runs = sorted({rows[each]["run_id"] for each in wanted if rows[each].get("run_id")})
    if not runs:
        return []
    found = lake.table("runs").to_table(columns=["params"], filter=is_in("run_id", runs)).to_pylist()
    paths = {json.loads(row["params"] or "{}").get("report") for row in found}
    return sorted(path for path in paths if path)
