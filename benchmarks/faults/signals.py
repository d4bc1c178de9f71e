"""Being told to stop: SIGTERM as a job scheduler sends it, and a cancel in the Prefect UI."""

import signal
from dataclasses import replace

from benchmarks.faults.cancels import cancel_row
from benchmarks.faults.chain import Chain, chained, random_ages
from benchmarks.faults.kills import chains_row
from benchmarks.faults.workload import Workload
from benchmarks.results import Row

# As a shell tells it; or as the kernel does, where it came before the command had a handler.
_RIGHT_EXITS = (128 + signal.SIGTERM, -signal.SIGTERM, 0)  # 0: it had just completed


def rows(workload: Workload) -> list[Row]:
    """A row for each way."""
    return [_sigterm_row(workload), cancel_row(workload)]


def _sigterm_row(workload: Workload) -> Row:
    undisturbed, sizes, draws = workload.ingested, workload.sizes, workload.random("sigterm")
    chains: list[Chain] = []
    while (left := sizes.sigterms - sum(len(chain.stopped) for chain in chains)) > 0:
        lake, ages = workload.new_lake(), random_ages(draws, undisturbed.seconds)
        chains.append(chained(workload.ingest, lake, ages, left, undisturbed.contents, number=signal.SIGTERM))
    row = chains_row("SIGTERM, ingest, any moment", chains, undisturbed.seconds)
    codes = sorted(run.code for chain in chains for run in chain.stopped)
    right = all(code in _RIGHT_EXITS for code in codes)
    return replace(row, met=bool(row.met) and right, parts={**row.parts, "exit codes": codes})
