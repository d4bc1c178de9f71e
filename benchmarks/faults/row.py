"""One line of the fault table: what was done, how often, lost, doubled, redone work, time to recover."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from benchmarks import results
from benchmarks.faults.lakes import Difference
from benchmarks.results import Row

UNIT = "wrong"  # of a fault's value: how many things were
_COLUMNS = ("times", "lost", "doubled", "changed", "redone", "at most", "recover s")


def fault_row(
    what: str,
    *,
    times: int,
    found: Difference,
    redone: int | None = None,
    at_most: int | None = None,
    recover_s: float | None = None,
    ends_wrong: Sequence[str] = (),
    parts: Mapping[str, Any] | None = None,
) -> Row:
    """Met where nothing was lost, doubled or changed, no more redone than allowed, and every run ended as it should.

    times: faults done; found: over all lakes compared; redone: clips made again after one fault, the most of all;
    at_most: what redone may be, the clips of a shard; recover_s: seconds that the work took longer, a fault;
    ends_wrong: a sentence for each run that ended otherwise than it should.
    """
    wrong = found.lost + found.doubled + found.changed + len(ends_wrong)
    within = redone is None or at_most is None or redone <= at_most
    facts = (times, found.lost, found.doubled, found.changed, redone, at_most, recover_s)
    told = [*found.examples, *ends_wrong]
    return Row(
        what,
        float(wrong),
        UNIT,
        target=0.0,
        met=wrong == 0 and within and times > 0,
        parts=dict(zip(_COLUMNS, facts, strict=True)) | dict(parts or {}) | ({"told": told} if told else {}),
    )


def not_done(what: str, why: str) -> Row:
    """A fault that this machine does not let us do."""
    return Row(what, None, UNIT, target=0.0, parts={"why": why})


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table of faults, under it what else is to be told of each, and the table of all other figures."""
    faults = [row for row in rows if row.unit == UNIT]
    table = Table(Column("what was done", no_wrap=True), *_COLUMNS, "met", title="faults")
    for row in faults:
        met = {True: "yes", False: "NO", None: "not done"}[row.met]
        table.add_row(row.measure, *(_short(row.parts.get(name)) for name in _COLUMNS), met)
    if faults:
        console.print(table)
    for row in faults:
        beside = ", ".join(
            f"{key} {_short(value)}" for key, value in row.parts.items() if key not in _COLUMNS
        )
        console.print(f"{row.measure}: {beside}", style="dim", highlight=False, markup=False)
    if others := [row for row in rows if row.unit != UNIT]:
        console.print(results.table("figures", others))


def _short(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)
