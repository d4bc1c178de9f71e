"""What flows cost that do nothing: milliseconds a clip, and Prefect task runs a thousand clips."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cpu import CommandFailed, measure
from benchmarks.faults.synthetic import CLIPS_A_VIDEO, Shape, make_lake
from benchmarks.faults.workload import WentWrong, Workload
from benchmarks.results import Row, held_row
from datasets.lake import Lake
from datasets.sources.video import SourceVideo
from flows.ingest_config import IngestConfig
from flows.shards import plan_shards

NOOP = "benchmarks.faults.noop:NoOp"
MS_TARGET = 2.0
TASKS_TARGET = 10.0  # of a thousand clips
_FEW = 64  # clips of the run that tells what starting costs
_CLIPS_A_VIDEO = (1, CLIPS_A_VIDEO)  # a corpus of short recordings, and one of talks


@dataclass(frozen=True)
class FlowRun:
    """One re-annotation by `benchmarks.faults.flow_run`."""

    clips: int
    cpu_s: float  # of the command with all it started; of Prefect's server too where the command started it
    flow_s: float
    total_s: float
    task_runs: int


def rows(workload: Workload) -> list[Row]:
    """A re-annotation that computes nothing, and how an ingest would divide as many clips."""
    few, many = (_noop_run(workload, clips) for clips in (_FEW, workload.sizes.noop_clips))
    per_clip_s = (many.flow_s - few.flow_s) / (many.clips - few.clips)
    a_thousand = many.task_runs / many.clips * 1e3
    parts = {
        "clips": many.clips,
        "CPU ms/clip": (many.cpu_s - few.cpu_s) / (many.clips - few.clips) * 1e3,
        "flow s": many.flow_s,
        "start-up s": few.flow_s - few.clips * per_clip_s,
        "command s": many.total_s,
        "with start-up ms": many.flow_s / many.clips * 1e3,
    }
    tasks = {"clips": many.clips, "task runs": many.task_runs}
    return [
        held_row("no-op re-annotation", per_clip_s * 1e3, "ms/clip", MS_TARGET, better="lower", parts=parts),
        held_row(
            "Prefect task runs, re-annotation",
            a_thousand,
            "a 1,000 clips",
            TASKS_TARGET,
            better="lower",
            parts=tasks,
        ),
        *(_ingest_row(workload.sizes.noop_clips, each) for each in _CLIPS_A_VIDEO),
    ]


def run_flow(
    workload: Workload, lake: Path, annotator: str, *options: str, ray_address: str | None = None
) -> FlowRun:
    """Start the flow in a process of its own and wait for it; raises WentWrong."""
    clips = Lake.open(lake).table("clips").count_rows("keep")
    command = [sys.executable, "-m", "benchmarks.faults.flow_run", str(lake), annotator, *options]
    address = {"RAY_ADDRESS": ray_address} if ray_address else {}
    try:
        usage = measure(command, {**workload.env, **address})
    except CommandFailed as error:
        raise WentWrong(str(error)) from error
    return FlowRun(clips, cpu_s=usage.cpu_s, **json.loads(usage.stdout.splitlines()[-1]))


def _noop_run(workload: Workload, clips: int) -> FlowRun:
    lake = workload.new_lake()
    make_lake(lake, Shape(clips))
    return run_flow(workload, lake, NOOP)


def _ingest_row(clips: int, clips_a_video: int) -> Row:
    """Shards are planned before anybody knows how many clips a video holds."""
    config = IngestConfig(source="talks", lake="lake")
    videos = [SourceVideo(f"{number}.mp4") for number in range(clips // clips_a_video)]
    tasks = len(plan_shards(videos, config.videos_per_shard))
    return held_row(
        f"Prefect task runs, ingest of {clips_a_video} clips a video",
        tasks / clips * 1e3,
        "a 1,000 clips",
        TASKS_TARGET,
        better="lower",
        parts={"videos": len(videos), "task runs": tasks},
    )
