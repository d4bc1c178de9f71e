"""What a terminal shows of a run: a progress bar while it goes on, tables when it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table


class IngestBar:
    """A progress bar of videos or clips, with the run's counts beside it; a `flows.progress.Listener`."""

    def __init__(self, console: Console, what: str = "videos"):
        self._what = what
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console)
        self._task = self._progress.add_task("starting Prefect and Ray", total=None)

    def __enter__(self) -> "IngestBar":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def started(self, total: int) -> None:
        self._progress.update(self._task, total=total, description=self._what)

    def skipped(self, units: int) -> None:
        """The bar counts what is committed, these among it."""

    def made(self, clips: int, frames: int, units: float) -> None:
        """The bar counts what is committed."""

    def advanced(self, done: int, note: str = "") -> None:
        description = f"{self._what} ({note})" if note else self._what
        self._progress.update(self._task, completed=done, description=description)

    def remark(self, sentence: str) -> None:
        self._progress.console.print(sentence, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def counted_bar(what: str, console: Console) -> Iterator[Callable[[int, int], None]]:
    """A progress bar and the function that moves it: (done, of)."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def status_tables(status: dict[str, Any]) -> list[Table]:
    """`Lake.status()` as tables for people."""
    tables = [
        _counts("Videos", status["videos"]),
        _counts("Clips", status["clips"]),
        _annotators(status["annotators"]),
        _counts("Versions", status["versions"]),
    ]
    if status.get("buckets"):
        buckets = Table("id", "state", title="Motion buckets", title_justify="left")
        buckets.add_row(status["buckets"]["id"], status["buckets"]["state"])
        tables.append(buckets)
    return tables


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in counts:
        table.add_column(name, justify="right")
    table.add_row(*(f"{count:,}" for count in counts.values()))
    return table


def _annotators(annotators: dict[str, dict[str, Any]]) -> Table:
    table = Table("annotator", "version", title="Annotators", title_justify="left")
    for column in ("filled", "null", "stale"):
        table.add_column(column, justify="right")
    for name, row in annotators.items():
        counts = (f"{row[count]:,}" if count in row else "-" for count in ("filled", "null", "stale"))
        table.add_row(name, row["version"] or "-", *counts)
    return table
