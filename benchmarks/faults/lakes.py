"""What lakes hold, compared clip by clip and column by column, and what their files tell of work done twice."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lance
from lance.file import LanceFileReader

from datasets.content import clip_contents
from datasets.lake import Lake

_NOT_COMPARED = ("run_id", "at")  # who wrote a row, and when
_EXAMPLES = 5


@dataclass(frozen=True)
class Contents:
    """Everything a lake holds but who wrote it and when."""

    clips: Mapping[str, Mapping[str, str]]  # clip_id -> column -> digest, of `clips` and `clip_media`
    videos: Mapping[str, str]  # video_id -> its row as JSON


@dataclass(frozen=True)
class Difference:
    """How a lake differs from what an undisturbed run makes; all 0 where it does not."""

    lost: int = 0  # clips and videos it lacks
    doubled: int = 0  # rows of one key beyond the first, in any table
    changed: int = 0  # values that are others, and clips and videos that should not be there
    examples: tuple[str, ...] = field(default=())

    def __add__(self, other: "Difference") -> "Difference":
        return Difference(
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.changed + other.changed,
            (self.examples + other.examples)[:_EXAMPLES],
        )


def contents(uri: Path, *, but: tuple[str, ...] = ()) -> Contents:
    """What the lake holds; `but` names columns of `videos` that may differ, such as the folder a file came from."""
    lake = Lake.open(uri)
    left_out = {*_NOT_COMPARED, *but}
    videos = {
        row["video_id"]: json.dumps(
            {name: value for name, value in row.items() if name not in left_out}, default=str
        )
        for row in _rows(lake, "videos")
    }
    return Contents(clip_contents(lake), videos)


def difference(
    reference: Contents, uri: Path, *, but: tuple[str, ...] = (), more: bool = False
) -> Difference:
    """How the lake at `uri` differs from `reference`, made with the same `but`.

    more: the lake may hold other clips and videos too.
    """
    if doubled := doubles(uri):  # what a doubled row should be compared with is nobody's to say
        return Difference(lost=_absent(reference, uri), doubled=len(doubled), examples=doubled[:_EXAMPLES])
    found = contents(uri, but=but)
    clips = _changes(reference.clips, found.clips, more)
    wanted = {video: {"row": row} for video, row in reference.videos.items()}
    videos = _changes(wanted, {video: {"row": row} for video, row in found.videos.items()}, more)
    return clips + videos


def doubles(uri: Path) -> tuple[str, ...]:
    """A line for every row whose key stands in the same table before it."""
    lake = Lake.open(uri)
    lines: list[str] = []
    for table, key in (
        ("clips", "clip_id"),
        ("clip_media", "clip_id"),
        ("videos", "video_id"),
        ("runs", "run_id"),
    ):
        seen: set[str] = set()
        for value in lake.table(table).to_table(columns=[key])[key].to_pylist():
            if value in seen:
                lines.append(f"{table}: {value} twice")
            seen.add(value)
    return tuple(lines)


def running(uri: Path) -> int:
    """Runs that the lake still calls running."""
    return int(Lake.open(uri).table("runs").count_rows("state = 'running'"))


@dataclass(frozen=True)
class Leftover:
    """A file of `clips` or `clip_media` that no version of its table holds: work that was, or will be, done again."""

    written_at: float  # seconds since 1970
    clips: frozenset[str]  # by id, or by file and row where the file holds some other columns alone


def leftovers(uri: Path) -> list[Leftover]:
    """The files that runs wrote and nobody committed."""
    found = []
    for folder in (uri / "clips", uri / "clip_media"):
        committed = _committed_files(folder)
        left = [path for path in (folder / "data").glob("*.lance") if path.name not in committed]
        found += [Leftover(path.stat().st_mtime, _clips_in(path)) for path in left]
    return found


def clips_redone(left: Iterable[Leftover]) -> int:
    """A clip whose row and media were both left is one."""
    return len(frozenset().union(*(each.clips for each in left)))


def _committed_files(table: Path) -> set[str]:
    names: set[str] = set()
    for version in lance.dataset(str(table)).versions():
        opened = lance.dataset(str(table), version=version["version"])
        names |= {file.path for fragment in opened.get_fragments() for file in fragment.data_files()}
    return names


def _clips_in(path: Path) -> frozenset[str]:
    """A file cut off in the middle of its writing cannot be read, and counts as one clip."""
    try:
        file = LanceFileReader(str(path))
        if "clip_id" in file.metadata().schema.names:
            ids = LanceFileReader(str(path), columns=["clip_id"]).read_all().to_table()["clip_id"]
            return frozenset(ids.to_pylist())
        return frozenset(f"{path.name} {row}" for row in range(file.metadata().num_rows))
    except (OSError, ValueError):
        return frozenset([path.name])


def _absent(reference: Contents, uri: Path) -> int:
    lake = Lake.open(uri)
    videos = {row["video_id"] for row in lake.table("videos").to_table(columns=["video_id"]).to_pylist()}
    clips = lake.clip_ids("clips", clip_ids=reference.clips) & lake.clip_ids(
        "clip_media", clip_ids=reference.clips
    )
    return len(set(reference.clips) - clips) + len(set(reference.videos) - videos)


def _changes(
    wanted: Mapping[str, Mapping[str, str]], found: Mapping[str, Mapping[str, str]], more: bool
) -> Difference:
    """Of clips or of videos: key -> column -> what must be equal."""
    lost = [f"{key} is lost" for key in wanted if key not in found]
    foreign = [f"{key} should not be there" for key in found if key not in wanted and not more]
    changed = [
        f"{key}: {column} differs"
        for key in wanted.keys() & found.keys()
        for column in wanted[key].keys() | found[key].keys()
        if wanted[key].get(column) != found[key].get(column)
    ]
    return Difference(
        len(lost), 0, len(foreign) + len(changed), tuple([*lost, *foreign, *changed][:_EXAMPLES])
    )


def _rows(lake: Lake, table: str) -> list[dict[str, Any]]:
    return lake.table(table).to_table().to_pylist()
