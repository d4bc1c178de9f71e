"""The form of every benchmark's result: rows, printed as a table and written to build/bench/NAME.json."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

BENCH_FOLDER = Path("build/bench")  # under the working folder, which is the repository's root


@dataclass(frozen=True)
class Row:
    """One figure, the target it is held against, and the figures it was made from."""

    measure: str
    value: float | None  # None where it could not be measured
    unit: str
    target: float | None = None  # None: reported without a target
    met: bool | None = None  # None without a target or a value
    parts: Mapping[str, Any] = field(default_factory=dict)


def held_row(
    measure: str,
    value: float,
    unit: str,
    target: float,
    *,
    better: Literal["higher", "lower"],
    parts: Mapping[str, Any] | None = None,
) -> Row:
    """A row whose `met` says whether the value reaches the target; equal is reached."""
    met = value >= target if better == "higher" else value <= target
    return Row(measure, value, unit, target, met, parts or {})


def report(
    name: str, rows: Sequence[Row], *, folder: Path = BENCH_FOLDER, console: Console | None = None
) -> Path:
    """Print the rows as a table, write them to `folder`/NAME.json, and return that path."""
    (console or Console()).print(table(name, rows))
    return write(name, rows, folder=folder)


def write(name: str, rows: Sequence[Row], *, folder: Path = BENCH_FOLDER) -> Path:
    """Write the rows to `folder`/NAME.json and return that path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return path


def table(name: str, rows: Sequence[Row]) -> Table:
    """The rows as people read them."""
    drawn = Table("measure", "value", "unit", "target", "met", "parts", title=name)
    for row in rows:
        parts = ", ".join(f"{key} {_short(value)}" for key, value in row.parts.items())
        met = {True: "yes", False: "NO", None: ""}[row.met]
        drawn.add_row(row.measure, _short(row.value), row.unit, _short(row.target), met, parts)
    return drawn


def _short(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
