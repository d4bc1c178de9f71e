"""`emo2 label`: a person says the style of clips, takes it back, or sees what is known."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from datasets.errors import UserError
from flows.cli_options import LakeOption

if TYPE_CHECKING:
    from datasets.style_labels import StyleCounts
    from flows.labels.choice import LabelPlan

# Everything heavier is imported when the command runs, so that --help answers at once.


def label(
    lake: LakeOption,
    style: Annotated[str | None, typer.Option(help="speaking, singing or gesture_dance")] = None,
    clip: Annotated[
        list[str] | None,
        typer.Option("--clip", help="A clip's id, or its beginning; may be given several times"),
    ] = None,
    video: Annotated[
        list[str] | None,
        typer.Option("--video", help="All clips of a video, by its id; may be given several times"),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(help="SQL over the table clips instead, such as \"style_guess = 'singing'\""),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Take a person's word back; what the source said stands again")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Count the kept clips by style, told and guessed; change nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: one JSON object")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask after --where; needed where there is no terminal")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; change nothing")
    ] = False,
) -> None:
    """Say the style of clips: it goes before what their source or the rule says.

    Safe beside runs at work. Snapshots made before keep what they hold; clips ingested later are not labelled.
    """
    if listed:
        _list(lake, as_json)
        return
    if (style is None) == (not clear):
        raise UserError("give either --style or --clear, or --list to see the styles there are")
    if bool(clip or video) == bool(where):
        raise UserError("give either --clip and --video, or --where")
    from datasets.lake import Lake
    from flows.interrupts import stopped_by_signals
    from flows.labels.choice import plan_labels
    from flows.labels.config import CLEAR, LabelConfig
    from flows.labels.work import label_lake

    config = LabelConfig(
        lake=lake,
        style=CLEAR if style is None else style,  # type: ignore[arg-type]
        clips=tuple(clip or ()),
        videos=tuple(video or ()),
        where=where,
        dry_run=dry_run,
    )
    console = Console(soft_wrap=True)
    plan = plan_labels(Lake.open(lake), config)
    if plan.told and (dry_run or (where and not yes)):
        _show(plan, console)
    if where and plan.told and not (yes or dry_run):
        _confirm(plan)
    with stopped_by_signals():
        done = label_lake(config, plan)
    console.print(done.sentence(dry_run=dry_run))


def _list(lake: str, as_json: bool) -> None:
    from dataclasses import asdict

    from datasets.lake import Lake
    from datasets.style_labels import count_styles

    counted = count_styles(Lake.open(lake).table("clips"))
    if as_json:
        print(json.dumps(asdict(counted), indent=2))
        return
    Console().print(_table(counted))


def _table(counted: "StyleCounts") -> Table:
    from datasets.style_labels import styles_of

    table = Table("style", title="Kept clips by style", title_justify="left")
    for column in ("clips", "by a person", "by the source", "guessed"):
        table.add_column(column, justify="right")
    for style in styles_of(counted):
        parts = (counted.by_person, counted.by_source, counted.guessed)
        numbers = [counted.of(style), *(part.get(style, 0) for part in parts)]
        table.add_row(style, *(f"{number:,}" for number in numbers))
    table.add_row("unknown", f"{counted.unknown:,}")
    return table


def _show(plan: "LabelPlan", console: Console) -> None:
    now = ", ".join(f"{clips} say {words}" for words, clips in sorted(plan.before.items()))
    console.print(f"{len(plan.told)} clips change: {now} now")


def _confirm(plan: "LabelPlan") -> None:
    if not sys.stdin.isatty():
        raise UserError("nobody is there to confirm: look at it with --dry-run, then add --yes")
    typer.confirm(f"Change {len(plan.told)} clips?", abort=True)
