"""`emo2 plan`: what a corpus would take on a cluster."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from datasets.errors import UserError


def plan(
    lake: Annotated[str, typer.Option(help="The lake whose runs were measured")],
    hours: Annotated[float, typer.Option(help="Hours of source video to plan for", min=0.001)],
    cpus: Annotated[int, typer.Option(help="Cores of a node, like those measured on", min=1)],
    nodes: Annotated[int, typer.Option(help="Nodes", min=1)] = 1,
    gpus: Annotated[int, typer.Option(help="GPUs of a node", min=0)] = 0,
    kept: Annotated[
        bool, typer.Option("--kept", help="The hours are of kept clips, not of source video")
    ] = False,
    efficiency: Annotated[
        float | None,
        typer.Option(
            help="Share of the cores' time that stages get; by default as measured", min=0.01, max=1
        ),
    ] = None,
    store_mb_s: Annotated[
        float, typer.Option(help="MB/s that the store takes or gives, all nodes together")
    ] = 200,
    runs: Annotated[
        int | None, typer.Option(help="Take only the newest runs that measured; by default all", min=1)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the plan as an HTML page with a plot")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> None:
    """Plan a corpus from what this lake's runs took: core-hours, wall time, storage, and what limits it."""
    from datasets.lake import Lake
    from flows.plan import PlanConfig, forecast, read_measured
    from flows.plan.page import plan_page
    from flows.plan.tables import plan_tables
    from flows.plan.words import assumptions, headline, wall_sentence

    config = PlanConfig(
        hours=hours,
        kept=kept,
        nodes=nodes,
        cpus=cpus,
        gpus=gpus,
        efficiency=efficiency,
        store_mb_s=store_mb_s,
    )
    measured = read_measured(Lake.open(lake), newest=runs)
    made = forecast(measured, config)
    if out is not None:
        _write(out, plan_page(made, measured, made_at=datetime.now(UTC)))
    if as_json:
        whole = {"config": config.model_dump(), "effort": asdict(made.effort)}
        print(json.dumps(asdict(made) | whole, indent=2))
        return
    console = Console()
    console.print(headline(made))
    for table in plan_tables(made):
        console.print(table)
    for sentence in assumptions(made):
        console.print(sentence, style="dim")
    console.print(f"wall time: {wall_sentence(made.wall)}" + (f"; page: {out}" if out else ""))


def _write(out: Path, page: str) -> None:
    """The page appears whole or not at all."""
    part = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(
            f"{out} cannot be written ({error.strerror}): give a file in a folder that is there"
        ) from error
