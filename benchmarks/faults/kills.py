"""kill -9 of the driver of an ingest and of a re-annotation: at random moments, and around commits."""

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.chain import Chain, Moment, chained, random_ages, random_commits
from benchmarks.faults.driver import Command
from benchmarks.faults.lakes import Difference
from benchmarks.faults.row import fault_row
from benchmarks.faults.workload import CLIPS_A_SHARD, Undisturbed, Workload
from benchmarks.results import Row

_IN_INGEST = ("clip_media", "clips", "videos", "shards", "runs")
_IN_REANNOTATION = ("shards", "clips", "runs")


def rows(workload: Workload) -> list[Row]:
    """A row for each of the two flows and each way to choose the moment."""
    ingest, again, sizes = workload.ingested, workload.reannotated, workload.sizes
    draws = workload.random("kills")

    def copied() -> Path:
        return workload.new_lake(workload.unlabelled.lake)

    def ages_of(undisturbed: Undisturbed) -> Callable[[Path], Iterator[Moment]]:
        return lambda lake: random_ages(draws, undisturbed.seconds)

    def commits_of(tables: tuple[str, ...]) -> Callable[[Path], Iterator[Moment]]:
        return lambda lake: random_commits(draws, lake, tables)

    def ingests(what: str, kills: int, moments: Callable[[Path], Iterator[Moment]]) -> Row:
        return kills_row(what, kills, ingest, workload.new_lake, workload.ingest, moments)

    def reannotations(what: str, kills: int, moments: Callable[[Path], Iterator[Moment]]) -> Row:
        return kills_row(what, kills, again, copied, workload.reannotate, moments)

    return [
        ingests("kill -9, ingest, any moment", sizes.ingest_kills, ages_of(ingest)),
        ingests("kill -9, ingest, at a commit", sizes.commit_kills, commits_of(_IN_INGEST)),
        reannotations("kill -9, re-annotation, any moment", sizes.reannotation_kills, ages_of(again)),
        reannotations(
            "kill -9, re-annotation, at a commit", sizes.commit_kills, commits_of(_IN_REANNOTATION)
        ),
    ]


def kills_row(
    what: str,
    kills: int,
    undisturbed: Undisturbed,
    new_lake: Callable[[], Path],
    start: Callable[[Path], Command],
    moments: Callable[[Path], Iterator[Moment]],
) -> Row:
    """Chains of killed runs, each on a lake of its own, until there were so many kills."""
    chains: list[Chain] = []
    while (left := kills - sum(len(chain.stopped) for chain in chains)) > 0:
        lake = new_lake()
        chains.append(chained(start, lake, moments(lake), left, undisturbed.contents))
    return chains_row(what, chains, undisturbed.seconds)


def chains_row(what: str, chains: list[Chain], undisturbed_s: float) -> Row:
    """What all chains together say."""
    stopped = [run for chain in chains for run in chain.stopped]
    longer_s = sum(chain.seconds for chain in chains) - undisturbed_s * len(chains)
    redone = [clips for chain in chains for clips in chain.redone]
    return fault_row(
        what,
        times=len(stopped),
        found=sum((chain.found for chain in chains), Difference()),
        redone=max(redone, default=0),
        at_most=CLIPS_A_SHARD,
        recover_s=longer_s / max(len(stopped), 1),
        ends_wrong=[sentence for chain in chains for sentence in chain.ends_wrong],
        parts={
            "lakes": len(chains),
            "undisturbed s": undisturbed_s,
            "redone in all": sum(redone),
            "tasks in flight, most": max((run.at_work for run in stopped), default=0),
            "processes killed after it": sum(run.orphans for run in stopped),
        },
    )
