"""The death of one of two Ray nodes in the middle of an ingest: costs what it was at, not the run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.driver import NeverHappened
from benchmarks.faults.lakes import Difference, clips_redone, difference, leftovers, running
from benchmarks.faults.row import fault_row
from benchmarks.faults.workload import CLIPS_A_SHARD, Workload
from benchmarks.results import Row

_END_S = 60.0


@dataclass(frozen=True)
class _Run:
    """One ingest on the cluster."""

    lake: Path
    seconds: float
    killed: bool
    ends_wrong: tuple[str, ...]


def rows(workload: Workload) -> list[Row]:
    """One row: the second node killed once in each of some runs; another joins in its place."""
    undisturbed, draws = workload.ingested, workload.random("nodes")
    with _cluster(workload) as cluster:
        calm = _ingest(workload, cluster, None)
        runs = [
            _ingest(workload, cluster, draws.uniform(0.3, 0.9) * calm.seconds)
            for _ in range(workload.sizes.node_kills)
        ]
    killed = [run for run in runs if run.killed]
    compared = [difference(undisturbed.contents, run.lake) for run in [calm, *runs]]
    redone = [clips_redone(leftovers(run.lake)) for run in runs]
    return [
        fault_row(
            "kill -9 of one of two Ray nodes",
            times=len(killed),
            found=sum(compared, Difference()),
            redone=max(redone),
            at_most=CLIPS_A_SHARD,
            recover_s=sum(run.seconds - calm.seconds for run in killed) / max(len(killed), 1),
            ends_wrong=[sentence for run in [calm, *runs] for sentence in run.ends_wrong],
            parts={"undisturbed on the cluster s": calm.seconds},
        )
    ]


def _ingest(workload: Workload, cluster: "_Cluster", kill_at_s: float | None) -> _Run:
    lake = workload.new_lake()
    command = workload.ingest(lake, ray_address=cluster.address)
    killed = kill_at_s is not None and command.runs_until(kill_at_s)
    if killed:
        cluster.kill_node()
    code = command.wait()
    seconds = command.age_s
    command.settle()
    wrong = [f"ended with {code}: {command.said()}"] if code else []
    wrong += [f"{count} runs still say running" for count in [running(lake)] if count]
    return _Run(lake, seconds, killed, tuple(wrong))


class _Cluster:
    """The process that holds the nodes."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process
        self.address = self._line()

    def kill_node(self) -> None:
        """Returns when the second node is dead."""
        assert self._process.stdin
        self._process.stdin.write("kill\n")
        self._process.stdin.flush()
        self._line()

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if not line:
            raise NeverHappened("the two-node cluster did not start: see cluster.log")
        return line


@contextmanager
def _cluster(workload: Workload) -> Iterator[_Cluster]:
    with (workload.folder / "cluster.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.faults.cluster"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **workload.env},
        )
    try:
        yield _Cluster(process)
    finally:
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
