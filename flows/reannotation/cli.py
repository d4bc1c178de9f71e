"""`emo2 reannotate`: a second door to the flow of the same name."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from flows.cli_options import (
    HandBackendOption,
    HandCalibrationOption,
    HandModelOption,
    LakeOption,
    ModelOption,
    RayAddressOption,
    SpeakerScoreOption,
    hand_fields,
    model_fields,
)
from flows.environment import prepare_engines

if TYPE_CHECKING:
    from flows.reannotation.config import ReannotateConfig

# Everything heavier is imported when the command runs, so that --help answers at once.


def reannotate(
    lake: LakeOption,
    annotator: Annotated[
        str,
        typer.Option(
            help="body, hands, motion, fingerprint, face, audio, reference, speech, speaker, style,"
            " or package.module:Class for one of your own"
        ),
    ],
    where: Annotated[
        str | None, typer.Option(help="SQL over the table clips, such as \"split = 'train'\"; by default all")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Take only the first stale clips", min=1)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what is stale, and why; write nothing")
    ] = False,
    hand_model: HandModelOption = "neutral",
    hand_calibration: HandCalibrationOption = None,
    hand_backend: HandBackendOption = "mediapipe",
    model: ModelOption = None,
    min_speaker_score: SpeakerScoreOption = None,
    ray_address: RayAddressOption = None,
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
        hands=hand_fields(hand_model, hand_calibration, hand_backend),
        models=model_fields(model or ()),  # type: ignore[arg-type]
        speaking={} if min_speaker_score is None else {"min_speaker_score": min_speaker_score},  # type: ignore[arg-type]
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
