"""`emo2 reannotate`: a second door to the flow of the same name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from flows.environment import prepare_engines

if TYPE_CHECKING:
    from flows.reannotation.config import ReannotateConfig

# Everything heavier is imported when the command runs, so that --help answers at once.


def reannotate(
    lake: Annotated[
        str, typer.Option(help="The lake: a folder, or an object-store URI such as s3://bucket/lake")
    ],
    annotator: Annotated[
        str,
        typer.Option(help="body, hands, motion, fingerprint, or package.module:Class for one of your own"),
    ],
    where: Annotated[
        str | None, typer.Option(help="SQL over the table clips, such as \"split = 'train'\"; by default all")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Take only the first stale clips", min=1)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what is stale, and why; write nothing")
    ] = False,
    hand_model: Annotated[
        str, typer.Option(help="What is fitted to the hands: neutral, or a name from `emo2 models list`")
    ] = "neutral",
    hand_calibration: Annotated[
        Path | None,
        typer.Option(help="Calibration of the hands' confidence by `emo2 calibrate`; by default ours"),
    ] = None,
    hand_backend: Annotated[
        str,
        typer.Option(help="What finds the hands: mediapipe, or wilor or hamer, set up as docs/hands.md says"),
    ] = "mediapipe",
    ray_address: Annotated[
        str | None, typer.Option(help="A running Ray cluster; by default this machine")
    ] = None,
) -> None:
    """Run one annotator again over the clips whose columns are stale, and replace just those columns.

    Stale is what another version or other parameters made, what was derived from values that were replaced since,
    and what was never made. Running it again goes on where it was stopped.
    """
    prepare_engines()
    from flows.reannotation.config import ReannotateConfig

    config = ReannotateConfig(
        lake=lake,
        annotator=annotator,
        where=where,
        limit=limit,
        hands={  # type: ignore[arg-type]
            "model": hand_model,
            "backend": hand_backend,
            "calibration": hand_calibration.resolve() if hand_calibration else None,
        },
        ray_address=ray_address,
    )
    if dry_run:
        _preview(config, Console())
        return
    from flows.reannotate import reannotate as flow
    from flows.terminal_run import run_in_terminal

    run_in_terminal(flow, config, what="clips")


def _preview(config: "ReannotateConfig", console: Console) -> None:
    """What the flow would do; without Prefect, Ray or a write to the lake."""
    from datasets.lake import Lake
    from datasets.staleness import WHY
    from flows.reannotation.plan import plan_reannotation
    from flows.reannotation.target import target_of

    lake = Lake.open(config.lake)
    wanted = target_of(config).wanted
    plan = plan_reannotation(
        lake.table("clips"),
        wanted,
        where=config.where,
        limit=config.limit,
        clips_per_shard=config.clips_per_shard,
    )
    title = f"{wanted.slot} {wanted.version}/{wanted.params_hash}, clips version {plan.version}"
    table = Table("stale", title=title, title_justify="left")
    table.add_column("clips", justify="right")
    for why in WHY:
        table.add_row(why, f"{plan.why[why]:,}")
    console.print(table)
    if plan.waiting:
        reads = " or ".join(wanted.reads)
        console.print(f"{plan.waiting:,} more clips lack {reads}, which {wanted.slot} is derived from")
    console.print(f"{plan.n_clips:,} clips would be annotated; nothing was written")
