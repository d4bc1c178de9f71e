"""Runs stopped again and again on one lake until one of them completes."""

import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from benchmarks.faults.driver import Command
from benchmarks.faults.lakes import Contents, Difference, clips_redone, difference, leftovers, running

Moment = Callable[[Command], bool]  # waits for its moment in a run; False where the run ended before
_POLL_S = 0.001
_WITHIN_S = 0.03  # a commit of one table takes about so long


@dataclass(frozen=True)
class Stopped:
    """One run that was stopped."""

    ended_at: float  # seconds since 1970
    code: int  # its exit code
    at_work: int  # Ray workers that held a task
    orphans: int  # processes that did not end by themselves


@dataclass(frozen=True)
class Chain:
    """Runs on one lake: all stopped but the last, which completed."""

    stopped: tuple[Stopped, ...]
    seconds: float  # of all its runs
    found: Difference
    redone: tuple[int, ...]  # clips written by each stopped run that no later run could use
    ends_wrong: tuple[str, ...] = ()


def at_age(seconds: float) -> Moment:
    """When the command is so old."""
    return lambda command: command.runs_until(seconds)


def at_commit(lake: Path, table: str, after_s: float) -> Moment:
    """Just after a new version of a table appears, while the other tables have yet to follow."""
    folder = lake / table / "_versions"

    def wait(command: Command) -> bool:
        before = _changed_at(folder)
        while _changed_at(folder) == before:
            if command.ended:
                return False
            time.sleep(_POLL_S)
        time.sleep(after_s)
        return not command.ended

    return wait


def random_ages(random: Random, longest_s: float) -> Iterator[Moment]:
    """Uniform over a run, without end."""
    while True:
        yield at_age(random.uniform(0, longest_s))


def random_commits(random: Random, lake: Path, tables: Sequence[str]) -> Iterator[Moment]:
    """Around commits, the tables in turn, without end."""
    while True:
        for table in tables:
            yield at_commit(lake, table, random.uniform(0, _WITHIN_S))


def chained(
    start: Callable[[Path], Command],
    lake: Path,
    moments: Iterator[Moment],
    most: int,
    reference: Contents,
    *,
    number: int = signal.SIGKILL,
) -> Chain:
    """Start runs and send each the signal until one completes or `most` were stopped; then compare the lake."""
    began_s, stopped = time.monotonic(), list[Stopped]()
    command = start(lake)
    while len(stopped) < most and next(moments)(command):
        stopped.append(_stopped(command, number))
        command = start(lake)
    code = command.wait()
    seconds = time.monotonic() - began_s
    command.settle()
    wrong = [f"ended with {code}: {command.said()}"] if code else []
    wrong += [f"{count} runs still say running" for count in [running(lake)] if count]
    redone = _redone(lake, stopped)
    return Chain(tuple(stopped), seconds, difference(reference, lake), redone, tuple(wrong))


def _stopped(command: Command, number: int) -> Stopped:
    command.signal(number)  # before anything else, or the moment is over
    at_work = len(command.workers())
    code = command.wait()
    return Stopped(time.time(), code, at_work, command.settle())


def _redone(lake: Path, stopped: Sequence[Stopped]) -> tuple[int, ...]:
    """For each stopped run, the clips it wrote to files that nobody ever committed.

    What the last run, which completed, left uncommitted it found to be there already: the stop before it cost that.
    """
    if not stopped:
        return ()
    left = leftovers(lake)
    ends = [run.ended_at for run in stopped[:-1]] + [math.inf]
    return tuple(
        clips_redone(one for one in left if began < one.written_at <= end)
        for began, end in pairwise([-math.inf, *ends])
    )


def _changed_at(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
