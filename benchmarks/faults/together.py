"""Two commands on one lake at once: ingests of folders that overlap, and an ingest beside a re-annotation."""

import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.faults.driver import Command, kill_9
from benchmarks.faults.lakes import Difference, clips_redone, contents, difference, leftovers, running
from benchmarks.faults.row import fault_row
from benchmarks.faults.workload import CLIPS_A_SHARD, Workload, link
from benchmarks.results import Row

_EITHER = ("uri",)  # a video that lies in both folders is known by the path of one of them
_APART_S = 4.0  # the most that the second starts after the first


def rows(workload: Workload) -> list[Row]:
    """A row for each pair."""
    return [_overlapping_row(workload), _one_killed_row(workload), _beside_row(workload)]


def _overlapping_row(workload: Workload) -> Row:
    draws, redone, found, wrong, seconds = (
        workload.random("overlap"),
        list[int](),
        Difference(),
        list[str](),
        0.0,
    )
    for _ in range(workload.sizes.overlaps):
        lake = workload.new_lake()
        pair = _start_both(workload, lake, draws)
        wrong += _end(pair)
        seconds += max(command.age_s for command in pair)
        found += _against_undisturbed(workload, lake)
        wrong += [f"{count} runs still say running" for count in [running(lake)] if count]
        redone.append(clips_redone(leftovers(lake)))
    return fault_row(
        "two ingests of overlapping folders at once",
        times=len(redone),
        found=found,
        redone=max(redone),
        at_most=CLIPS_A_SHARD,
        ends_wrong=wrong,
        parts={"s for both": seconds / len(redone), "undisturbed s": workload.ingested.seconds},
    )


def _one_killed_row(workload: Workload) -> Row:
    """What the killed one had claimed must be free again for the next."""
    draws, undisturbed, lake = workload.random("one killed"), workload.ingested, workload.new_lake()
    first, second = _start_both(workload, lake, draws)
    first.runs_until(draws.uniform(0.4, 0.9) * undisturbed.seconds)
    kill_9(first)
    wrong = _end([second])
    again = [workload.ingest(lake, folder) for folder in _folders(workload)]
    wrong += _end(again)
    wrong += [f"{count} runs still say running" for count in [running(lake)] if count]
    return fault_row(
        "two ingests at once, one of them killed",
        times=1,
        found=_against_undisturbed(workload, lake),
        redone=clips_redone(leftovers(lake)),
        at_most=CLIPS_A_SHARD,
        recover_s=max(command.age_s for command in again),
        ends_wrong=wrong,
    )


def _beside_row(workload: Workload) -> Row:
    """Half of the talkers are in the lake without labels; the others come in while those are annotated."""
    draws, redone, found, wrong = workload.random("beside"), list[int](), Difference(), list[str]()
    half = _folder(workload, "half", range(workload.sizes.videos // 2))
    base = workload.new_lake()
    wrong += _end([workload.ingest(base, half, annotators="")])
    reference = contents(workload.reannotated.lake, but=_EITHER)
    for _ in range(workload.sizes.beside):
        lake = workload.new_lake(base)
        annotating = workload.reannotate(lake)
        time.sleep(draws.uniform(0, _APART_S))
        wrong += _end([annotating, workload.ingest(lake, annotators="")])
        wrong += _end([workload.reannotate(lake)])  # of what came in meanwhile
        found += difference(reference, lake, but=_EITHER)
        wrong += [f"{count} runs still say running" for count in [running(lake)] if count]
        redone.append(clips_redone(leftovers(lake)))
    return fault_row(
        "an ingest beside a re-annotation",
        times=len(redone),
        found=found,
        redone=max(redone),
        at_most=CLIPS_A_SHARD,
        ends_wrong=wrong,
    )


def _start_both(workload: Workload, lake: Path, draws: Random) -> list[Command]:
    one, other = _folders(workload)
    first = workload.ingest(lake, one)
    time.sleep(draws.uniform(0, _APART_S))
    return [first, workload.ingest(lake, other)]


def _folders(workload: Workload) -> tuple[Path, Path]:
    """Two folders that hold about two thirds of the talkers each, and so share about a third."""
    third = workload.sizes.videos // 3
    first = _folder(workload, "first", range(2 * third))
    return first, _folder(workload, "second", range(third, workload.sizes.videos))


def _folder(workload: Workload, name: str, numbers: range) -> Path:
    folder = workload.folder / name
    folder.mkdir(exist_ok=True)
    for number in numbers:
        link(workload.source / f"{number:02}.mp4", folder / f"{number:02}.mp4")
    return folder


def _end(commands: Sequence[Command]) -> list[str]:
    """A sentence for each that failed."""
    wrong = []
    for command in commands:
        if code := command.wait():
            wrong.append(f"ended with {code}: {command.said()}")
        command.settle()
    return wrong


def _against_undisturbed(workload: Workload, lake: Path) -> Difference:
    return difference(contents(workload.ingested.lake, but=_EITHER), lake, but=_EITHER)
