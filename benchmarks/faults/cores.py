"""One worker against two on two cores: the real body annotator over one rendered clip, many times over.

On a machine that others use too the figure says nothing. So two bare loops are run side by side before and after, and
against one alone: they tell whether both cores are free, and whether they are two. Where they were not free the
figure is told and held against nothing.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.faults.one_node import one_node
from benchmarks.faults.orchestration import run_flow
from benchmarks.faults.synthetic import clip_rows
from benchmarks.faults.workload import SLOT, Workload
from benchmarks.results import Row, held_row
from datasets.lake import ClipMedia, Lake
from datasets.rows import table_of

EFFICIENCY_TARGET = 0.9
FREE = 0.95  # of the CPU time that two loops ask for
_LOOKS, _WAIT_S = 3, 20.0
_CLIPS_A_TASK = 6
_LOOP_S = 1.0
_LOOP = f"""
import time
turns, began, used = 0, time.perf_counter(), time.process_time()
while time.perf_counter() < began + {_LOOP_S}:
    sum(range(1000))
    turns += 1
print(turns, (time.process_time() - used) / (time.perf_counter() - began))
"""


def rows(workload: Workload) -> list[Row]:
    """t1 / (2 * t2) of the same clips; waits a while for an idle machine, and tells where it was none."""
    film = _film(workload.unlabelled.lake)
    for _ in range(_LOOKS):
        if idleness().free >= FREE:
            break
        time.sleep(_WAIT_S)
    return [_row(workload, film)]


@dataclass(frozen=True)
class Idleness:
    """What two bare loops side by side get of the machine."""

    free: float  # share of their time for which they had a core; 1 on an idle machine
    whole: float  # speed of the two over twice that of one alone; about 0.6 where two cores are one with two threads


def idleness() -> Idleness:
    """Takes two seconds."""
    (alone,), pair = _loops(1), _loops(2)
    speed = sum(turns for turns, _ in pair) / (2 * alone[0])
    return Idleness(sum(share for _, share in pair) / 2, speed)


def _loops(count: int) -> list[tuple[float, float]]:
    """(turns, share of the time on a core) of each of some loops at once; starting Python is not in it."""
    command = [sys.executable, "-c", _LOOP]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    turns_and_shares = [loop.communicate()[0].split() for loop in running]
    return [(float(turns), min(1.0, float(share))) for turns, share in turns_and_shares]


def _row(workload: Workload, film: ClipMedia) -> Row:
    before, many = idleness(), workload.sizes.core_clips
    alone, together = (_seconds(workload, film, workers) for workers in (1, 2))
    after = idleness()
    free = min(before.free, after.free)
    parts = {
        "clips": many,
        "frames": many * (film.n_frames or 0),
        "1 worker s": alone,
        "2 workers s": together,
        "cores free": free,
        "two loops / twice one": min(before.whole, after.whole),
        "cores": os.cpu_count(),
    }
    row = held_row(
        "1 worker against 2",
        alone / (2 * together),
        "efficiency",
        EFFICIENCY_TARGET,
        better="higher",
        parts=parts,
    )
    return row if free >= FREE else replace(row, met=None)


def _seconds(workload: Workload, film: ClipMedia, workers: int) -> float:
    """Of the clips that a run over many has more than a run over few, so that no start-up is in it."""
    few, many = _CLIPS_A_TASK * 2, workload.sizes.core_clips + _CLIPS_A_TASK * 2
    frames_a_task = str(_CLIPS_A_TASK * (film.n_frames or 1))
    with one_node(workers, {**os.environ, **workload.env}) as address:
        took = [
            run_flow(
                workload, lake_of(workload, film, clips), SLOT, frames_a_task, ray_address=address
            ).flow_s
            for clips in (few, many)
        ]
    return took[1] - took[0]


def _film(lake: Path) -> ClipMedia:
    """Of any clip that was kept."""
    opened = Lake.open(lake)
    clip_ids = opened.table("clips").to_table(columns=["clip_id"], filter="keep")["clip_id"].to_pylist()
    return next(opened.read_media(sorted(clip_ids)[:1]))


def lake_of(workload: Workload, film: ClipMedia, clips: int) -> Path:
    """A lake of so many clips that all show the film, and have no labels."""
    path = workload.new_lake()
    lake = Lake.open(path, create=True)
    known = clip_rows(range(clips), {}).drop_columns(["keep", "n_frames"])
    rows = table_of("clips", [row | {"keep": True, "n_frames": film.n_frames} for row in known.to_pylist()])
    media = {"mp4": film.mp4, "audio": film.audio, "reference": film.reference, "n_frames": film.n_frames}
    films = table_of("clip_media", [{"clip_id": clip_id, **media} for clip_id in rows["clip_id"].to_pylist()])
    lake.append("clip_media", lake.write_fragments("clip_media", films))
    lake.append("clips", lake.write_fragments("clips", rows))
    return path
