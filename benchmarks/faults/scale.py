"""A hundred thousand clips: how commit, status, stale selection and snapshot grow with the lake.

Lakes are synthetic and cut up as maintenance leaves them. Every cost is the least of some rounds in one process. Its
growth is held against the target in CPU time; seconds by the clock are beside it, and are plotted. What a small lake
costs is mostly start-up, which flattens the fit over all sizes: so the steeper of that and the last step is held.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.cpu import measure
from benchmarks.faults.driver import EMO2
from benchmarks.faults.growth_plot import plot_growth
from benchmarks.faults.synthetic import (
    CLIPS_A_VIDEO,
    FILLED,
    Shape,
    block_values,
    clip_rows,
    make_lake,
    media_rows,
    video_rows,
    wanted,
)
from benchmarks.faults.timing import Took, best_of, slope
from benchmarks.faults.workload import Workload
from benchmarks.results import Row, held_row
from datasets.lake import Lake
from datasets.snapshots.create import Choice, create_snapshot
from datasets.staleness import stale_clips
from flows.group_commit import GroupCommit, Uncommitted
from flows.work import Media, Outcome

LINEAR = 1.0  # the exponent that the issue asks for; measured ones are off by some hundredths
STATUS_TARGET_S = 2.0
_ROUNDS = 3
_COMMITTED = 64  # clips of one group commit
_MEDIA_AT_ONCE = 4  # clips of one worker's task: 750 frames
_STALE = {slot: wanted(slot).stale for slot in FILLED}

COMMIT, STATUS, NONE_STALE, ALL_STALE, SNAPSHOT = (
    f"commit of {_COMMITTED} clips",
    "status",
    "stale selection, none stale",
    "stale selection, all stale",
    "snapshot creation",
)


def rows(workload: Workload) -> list[Row]:
    """How each cost grows, and what status takes from the shell at the largest size; plots scale.png."""
    took: dict[str, dict[int, Took]] = {}
    largest = Path()
    for clips in workload.sizes.scale_clips:
        largest = workload.new_lake()
        lake = make_lake(largest, Shape(clips))
        for what, call in _costs(lake, clips).items():
            took.setdefault(what, {})[clips] = best_of(call, _ROUNDS)
    plot = workload.cache / "scale.png"
    plot_growth({what: _walls(sizes) for what, sizes in took.items()}, plot)
    shell = [measure([EMO2, "status", "--lake", str(largest), "--json"]) for _ in range(_ROUNDS)]
    status = min(shell, key=lambda usage: usage.wall_s)
    return [
        *(_growth_row(what, sizes) for what, sizes in took.items()),
        held_row(
            f"emo2 status at {workload.sizes.scale_clips[-1]:,} clips",
            status.wall_s,
            "s",
            STATUS_TARGET_S,
            better="lower",
            parts={
                "CPU s": status.cpu_s,
                "in process s": took[STATUS][workload.sizes.scale_clips[-1]].wall_s,
            },
        ),
    ]


def _costs(lake: Lake, clips: int) -> Mapping[str, Callable[[], object]]:
    """What is timed on a lake of so many clips; each call leaves a lake that the next may be called on."""
    names = (f"s{time.monotonic_ns()}" for _ in range(_ROUNDS))
    commits = _ready_commits(lake, clips)
    return {
        STATUS: lambda: lake.status(stale=_STALE),
        NONE_STALE: lambda: _count(stale_clips(lake.table("clips"), wanted("body"))),
        ALL_STALE: lambda: _count(stale_clips(lake.table("clips"), wanted("body", version="2"))),
        SNAPSHOT: lambda: create_snapshot(lake, next(names), Choice(stale=_STALE)),
        COMMIT: lambda: next(commits).commit(),
    }


def _ready_commits(lake: Lake, clips: int) -> Iterator[GroupCommit]:
    """Commits of clips that the lake does not have, gathered before they are asked for."""
    first = -(-clips // CLIPS_A_VIDEO) * CLIPS_A_VIDEO
    made = [_ready(lake, range(start, start + _COMMITTED)) for start in _starts(first)]
    return iter(made)


def _starts(first: int) -> Iterator[int]:
    return (first + number * 10 * _COMMITTED for number in range(_ROUNDS))


def _ready(lake: Lake, block: range) -> GroupCommit:
    clips = clip_rows(block, block_values(len(block), Shape(len(block))))
    commit = GroupCommit(lake, every_s=60, uncommitted=Uncommitted(_COMMITTED))
    media = []
    for start in range(0, len(clips), _MEDIA_AT_ONCE):
        part = media_rows(clips[start : start + _MEDIA_AT_ONCE])
        media.append(
            Media(tuple(part["clip_id"].to_pylist()), tuple(lake.write_fragments("clip_media", part)))
        )
    commit.add(Outcome(clips=clips, media=tuple(media)))
    for video in video_rows(range(block.start // CLIPS_A_VIDEO, -(-block.stop // CLIPS_A_VIDEO))).to_pylist():
        commit.add_video(video)
    return commit


def _growth_row(what: str, took: Mapping[int, Took]) -> Row:
    cpu = {clips: each.cpu_s for clips, each in took.items()}
    overall, last = slope(cpu), slope(dict(list(cpu.items())[-2:]))
    parts = {"over all sizes": overall, "last step": last, "by the clock": slope(_walls(took))}
    parts |= {f"{clips:,} clips s": each.wall_s for clips, each in took.items()}
    parts |= {f"{clips:,} clips CPU s": each.cpu_s for clips, each in took.items()}
    return held_row(what, max(overall, last), "log-log slope", LINEAR, better="lower", parts=parts)


def _walls(took: Mapping[int, Took]) -> dict[int, float]:
    return {clips: each.wall_s for clips, each in took.items()}


def _count(items: Iterator[object]) -> int:
    return sum(1 for _ in items)
