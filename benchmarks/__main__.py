"""`python -m benchmarks [NAME...] [--quick]`: prints tables and writes build/bench/NAME.json."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, TypeVar

import typer


class Name(StrEnum):
    """The benchmarks, in the order they run."""

    INGEST = "ingest"
    CUTS = "cuts"
    HANDS = "hands"
    SPEECH = "speech"
    AUDIO = "audio"
    ACTIVE_SPEAKER = "active-speaker"
    STATION = "station"
    DUPLICATES = "duplicates"
    FAULTS = "faults"


_APART = {Name.SPEECH, Name.ACTIVE_SPEAKER, Name.DUPLICATES, Name.FAULTS}  # they take ten minutes and more
_P = TypeVar("_P", bound=StrEnum)


def main(
    names: Annotated[
        list[Name] | None,
        typer.Argument(help="Which ones; by default all but speech, active-speaker, duplicates and faults"),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="all but cuts in a few minutes, to see that they work")
    ] = False,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Of hands, faults or active-speaker, only this; may be given several times"),
    ] = None,
) -> None:
    """Measure, print a table each, and write build/bench/NAME.json."""
    chosen = names or [name for name in Name if name not in _APART]
    if Name.INGEST in chosen:
        from benchmarks import ingest

        ingest.run(quick=quick)
    if Name.CUTS in chosen:
        from benchmarks import cuts

        cuts.main()
    if Name.HANDS in chosen:
        from benchmarks.hands import run

        run.run(quick=quick, parts=_parts(part, run.Part))
    if Name.SPEECH in chosen:
        from benchmarks.speech import run as speech

        speech.run(quick=quick)
    if Name.AUDIO in chosen:
        from benchmarks import audio

        audio.run(quick=quick)
    if Name.ACTIVE_SPEAKER in chosen:
        from benchmarks.active_speaker import run as active_speaker

        chosen_parts = _parts(part, active_speaker.Part) if part else active_speaker.DEFAULT
        active_speaker.run(quick=quick, parts=chosen_parts)
    if Name.STATION in chosen:
        from benchmarks import station

        station.run(quick=quick)
    if Name.DUPLICATES in chosen:
        from benchmarks import duplicates

        duplicates.run(quick=quick)
    if Name.FAULTS in chosen:
        from benchmarks.faults import run as faults

        faults.run(quick=quick, parts=_parts(part, faults.Part))


def _parts(named: Sequence[str] | None, known: type[_P]) -> tuple[_P, ...]:
    """Those named, or all there are."""
    if unknown := set(named or ()) - set(known):
        raise typer.BadParameter(f"no part {min(unknown)}: there are {', '.join(known)}")
    return tuple(known(name) for name in named or known)


if __name__ == "__main__":
    typer.run(main)
