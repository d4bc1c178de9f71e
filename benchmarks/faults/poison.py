"""Poisoned files among good ones: all accounted for, nothing outside them opened, and hardly any time lost."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import media
from benchmarks.cpu import Usage, measure
from benchmarks.faults.driver import EMO2
from benchmarks.faults.lakes import contents, difference, running
from benchmarks.faults.poisons import Bait, Poison, write_poisons
from benchmarks.faults.row import fault_row
from benchmarks.faults.watch import Watch, watched
from benchmarks.faults.workload import Workload
from benchmarks.results import Row, held_row
from datasets.lake import Lake

_BAIT = "elsewhere/bait.mp4"  # below the poisoned files, in no list of what to ingest
_SHARE = 0.05  # of all files
_SLOWER_TARGET = 1.05
_NOWHERE = "in no row"


def rows(workload: Workload) -> list[Row]:
    """One row of what became of the files and what was touched, one of the time."""
    sizes, folder = workload.sizes, workload.folder / "poison"
    good = sorted(workload.talkers(sizes.clean_videos, sizes.clean_seconds).iterdir())
    bait = folder / "files" / _BAIT
    bait.parent.mkdir(parents=True)
    shutil.copyfile(media.talker(workload.cache, seconds=2.4, shots=1, size_px=media.SMALL_PX), bait)
    with watched(bait) as watch:
        draws = workload.random("poison")
        poisons = write_poisons(
            folder / "files", good[0], Bait(_BAIT, f"{watch.url}/bait.mp4"), workload.cache, draws
        )
        clean = _ingested(workload, workload.new_lake(), _manifest(folder / "clean.csv", good))
        again = _ingested(workload, clean.lake, folder / "clean.csv")
        watch.openings()
        mixed = _manifest(folder / "mixed.csv", _mixed(good, [poison.path for poison in poisons]))
        poisoned = _ingested(workload, workload.new_lake(), mixed)
        return [
            _accounted_row(clean, poisoned, poisons, watch),
            _time_row(clean.usage, again.usage, poisoned.usage, len(good), len(poisons)),
        ]


@dataclass(frozen=True)
class _Ingested:
    """One ingest by the command line, in shards of the usual size."""

    lake: Path
    usage: Usage


def _ingested(workload: Workload, lake: Path, source: Path) -> _Ingested:
    command = [EMO2, "ingest", str(source), "--lake", str(lake), "--annotators", ""]
    return _Ingested(lake, measure(command, workload.env))


def _mixed(good: Sequence[Path], bad: Sequence[Path]) -> list[Path]:
    """The poisoned spread evenly among the good."""
    placed = [
        ((number + 0.5) / len(paths), path) for paths in (good, bad) for number, path in enumerate(paths)
    ]
    return [path for _, path in sorted(placed)]


def _manifest(path: Path, files: Sequence[Path]) -> Path:
    path.write_text("\n".join(["uri", *(str(file) for file in files)]) + "\n")
    return path


def _accounted_row(clean: _Ingested, poisoned: _Ingested, poisons: Sequence[Poison], watch: Watch) -> Row:
    opened, asked = watch.openings(), watch.requests
    found = {row["uri"]: row for row in Lake.open(poisoned.lake).table("videos").to_table().to_pylist()}
    became = {poison.kind: _became(found.get(str(poison.path))) for poison in poisons}
    wrong = [f"{kind}: {_NOWHERE}" for kind, what in became.items() if what == _NOWHERE]
    wrong += [f"a file outside was opened {opened} times"] * bool(opened)
    wrong += [f"an address was asked {asked} times"] * bool(asked)
    wrong += [f"{count} runs still say running" for count in [running(poisoned.lake)] if count]
    return fault_row(
        "poisoned files among good ones",
        times=len(poisons),
        found=difference(contents(clean.lake), poisoned.lake, more=True),
        ends_wrong=wrong,
        parts={"outside opened": opened, "network asked": asked, "became": dict(Counter(became.values()))},
    )


def _became(row: dict[str, object] | None) -> str:
    return _NOWHERE if row is None else str(row["reason"] or row["status"])


def _time_row(clean: Usage, again: Usage, poisoned: Usage, n_good: int, n_poisoned: int) -> Row:
    """How much longer an ingest takes of which one file in twenty is poisoned, each kind as often as another.

    A run with so few poisoned files would hold a few kinds only. So each kind stands once beside the good files, and
    what they cost is set to their share: start-up, told by a run that adds nothing (`again`), is left out on both
    sides. Held is CPU time, which others on the machine disturb least; the same by the clock is beside it.
    """
    good_s, poisoned_s = (clean.cpu_s - again.cpu_s) / n_good, (poisoned.cpu_s - clean.cpu_s) / n_poisoned
    good_wall_s = (clean.wall_s - again.wall_s) / n_good
    poisoned_wall_s = (poisoned.wall_s - clean.wall_s) / n_poisoned
    parts = {
        "by the clock": _slower(good_wall_s, poisoned_wall_s),
        "CPU-s a good file": good_s,
        "CPU-s a poisoned file": poisoned_s,
        "good": n_good,
        "poisoned": n_poisoned,
        "start-up CPU-s": again.cpu_s,
    }
    what, ratio = "time with 5 % poisoned files / without", _slower(good_s, poisoned_s)
    return held_row(what, ratio, "ratio", _SLOWER_TARGET, better="lower", parts=parts)


def _slower(good_s: float, poisoned_s: float) -> float:
    return 1 + _SHARE * poisoned_s / ((1 - _SHARE) * good_s)
