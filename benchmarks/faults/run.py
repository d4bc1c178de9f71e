"""`make faults`: every part of the fault suite, one table, build/bench/faults.json."""

import importlib
import tempfile
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from rich.console import Console

from benchmarks.cpu import CommandFailed
from benchmarks.faults.driver import NeverHappened
from benchmarks.faults.row import UNIT, show
from benchmarks.faults.server import engines
from benchmarks.faults.workload import FULL, QUICK, WentWrong, Workload
from benchmarks.results import BENCH_FOLDER, Row, write
from flows.environment import prepare_engines

_WIDTH = 120  # characters; of a table that does not break its lines


class Part(StrEnum):
    """A module of this package with a function `rows`, in the order they run."""

    KILLS = "kills"
    WORKERS = "workers"
    NODES = "nodes"
    SIGNALS = "signals"
    DISK = "disk"
    TOGETHER = "together"
    POISON = "poison"
    SCALE = "scale"
    REPLACING = "replacing"
    ORCHESTRATION = "orchestration"
    CORES = "cores"


def run(
    *, quick: bool = False, parts: Sequence[Part] = tuple(Part), seed: int = 0, folder: Path = BENCH_FOLDER
) -> list[Row]:
    """Do the faults of the parts in order, print one table, and write its rows.

    All parts at full size go to faults.json, a choice of them to a file named for it.
    """
    prepare_engines()
    console, rows = Console(), list[Row]()
    console.width = max(console.width, _WIDTH)
    with engines() as env, tempfile.TemporaryDirectory(prefix="faults-", dir=_made(folder)) as lakes:
        sizes, videos = QUICK if quick else FULL, _made(folder / "faults")
        workload = Workload(Path(lakes).absolute(), videos.absolute(), env, sizes, seed)
        for part in parts:
            began_s = time.monotonic()
            found = _rows_of(part, workload)
            console.print(f"{part}: {time.monotonic() - began_s:.0f} s")
            show(found, console)
            rows += found
    if len(parts) > 1:
        show(rows, console)
    chosen = "" if len(parts) == len(Part) else "-".join(["", *parts])
    write(f"faults{chosen}{'-quick' if quick else ''}", rows, folder=folder)
    return rows


def _rows_of(part: Part, workload: Workload) -> list[Row]:
    """A part that cannot tell anything is not met; the others go on."""
    try:
        found: list[Row] = importlib.import_module(f"benchmarks.faults.{part}").rows(workload)
    except (NeverHappened, WentWrong, CommandFailed) as error:
        return [Row(part, None, UNIT, target=0.0, met=False, parts={"told": str(error)})]
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
