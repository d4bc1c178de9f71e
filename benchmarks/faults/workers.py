"""kill -9 of Ray workers in the middle of their tasks: the run itself has to make it good."""

import time
from contextlib import suppress
from random import Random

import psutil

from benchmarks.faults.driver import Command
from benchmarks.faults.lakes import Difference, clips_redone, difference, leftovers, running
from benchmarks.faults.row import fault_row
from benchmarks.faults.workload import CLIPS_A_SHARD, Workload
from benchmarks.results import Row

_POLL_S = 0.1


def rows(workload: Workload) -> list[Row]:
    """One row: workers of an ingest, each killed while it held a task."""
    undisturbed, sizes, draws = workload.ingested, workload.sizes, workload.random("workers")
    found, wrong, redone, killed, longer_s = Difference(), list[str](), list[int](), 0, 0.0
    while killed < sizes.worker_kills and not wrong:
        lake = workload.new_lake()
        command = workload.ingest(lake)
        kills = _kill_some(command, draws, sizes.worker_kills_a_run, undisturbed.seconds)
        if code := command.wait():
            wrong.append(f"ended with {code}: {command.said()}")
        longer_s += command.age_s - undisturbed.seconds
        command.settle()
        found += difference(undisturbed.contents, lake)
        wrong += [f"{count} runs still say running" for count in [running(lake)] if count]
        redone.append(clips_redone(leftovers(lake)))
        killed += kills
    return [
        fault_row(
            "kill -9 of a Ray worker at work",
            times=killed,
            found=found,
            redone=max(redone),
            at_most=CLIPS_A_SHARD * sizes.worker_kills_a_run,
            recover_s=longer_s / max(killed, 1),
            ends_wrong=wrong,
            parts={"runs": len(redone), "of them run again": 0},
        )
    ]


def _kill_some(command: Command, draws: Random, most: int, longest_s: float) -> int:
    """Kill workers at random ages of the run, each at the first moment from then on at which one has a task."""
    killed = 0
    for age_s in sorted(draws.uniform(0, longest_s) for _ in range(most)):
        if not command.runs_until(age_s):
            return killed
        killed += _kill_one(command, draws)
    return killed


def _kill_one(command: Command, draws: Random) -> int:
    while not command.ended:
        if workers := command.workers():
            with suppress(psutil.NoSuchProcess):
                draws.choice(workers).kill()
                return 1
        time.sleep(_POLL_S)
    return 0
