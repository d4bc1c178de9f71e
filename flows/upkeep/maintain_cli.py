"""`emo2 maintain`: a second door to the flow of the same name."""

import json
from typing import Annotated

import typer
from rich.console import Console

from flows.cli_options import LakeOption

# Everything heavier is imported when the command runs, so that --help answers at once.


def maintain(
    lake: LakeOption,
    keep_days: Annotated[
        float,
        typer.Option(
            help="Remove versions older than this; never a snapshot's or one that a run reads", min=0
        ),
    ] = 14,
    max_gb: Annotated[float, typer.Option(help="Rewrite at most so much; the next run goes on", min=0)] = 20,
    remove_orphans: Annotated[
        bool, typer.Option("--remove-orphans", help="Delete files that no version names, after 7 days")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, orphan files by name")
    ] = False,
) -> None:
    """Merge small fragments, remove old versions, report files that no version names, end killed runs.

    Safe beside runs at work: what they read or are about to commit is left alone.
    """
    from flows.interrupts import stopped_by_signals
    from flows.terminal import counted_bar
    from flows.upkeep.maintain_config import MaintainConfig
    from flows.upkeep.maintain_report import notes, upkeep_table
    from flows.upkeep.maintain_work import maintain_lake

    config = MaintainConfig(
        lake=lake, keep_days=keep_days, max_gb=max_gb, remove_orphans=remove_orphans, dry_run=dry_run
    )
    console = Console(stderr=as_json)
    with stopped_by_signals(), counted_bar("tables", console) as advance:
        done = maintain_lake(config, advance)
    if as_json:
        print(json.dumps(done.as_dict(), indent=2))
        return
    console.print(upkeep_table(done))
    for note in notes(done):
        console.print(note)
    console.print(done.sentence(lake))
