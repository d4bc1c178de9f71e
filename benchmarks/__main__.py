"""`python -m benchmarks [NAME...] [--quick]`: prints tables and writes build/bench/NAME.json."""

from enum import StrEnum
from typing import Annotated

import typer

from benchmarks.hands.run import Part


class Name(StrEnum):
    """The benchmarks, in the order they run."""

    INGEST = "ingest"
    CUTS = "cuts"
    HANDS = "hands"


def main(
    names: Annotated[list[Name] | None, typer.Argument(help="Which ones; by default all")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="ingest and hands in a minute or two, to see that they work")
    ] = False,
    part: Annotated[
        list[Part] | None, typer.Option(help="Of hands, only this; may be given several times")
    ] = None,
) -> None:
    """Measure, print a table each, and write build/bench/NAME.json."""
    chosen = names or list(Name)
    if Name.INGEST in chosen:
        from benchmarks import ingest

        ingest.run(quick=quick)
    if Name.CUTS in chosen:
        from benchmarks import cuts

        cuts.main()
    if Name.HANDS in chosen:
        from benchmarks.hands import run

        run.run(quick=quick, parts=part or tuple(Part))


if __name__ == "__main__":
    typer.run(main)
