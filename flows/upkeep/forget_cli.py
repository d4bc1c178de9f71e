"""`emo2 forget`: a person asked for it."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from datasets.errors import UserError
from flows.cli_options import LakeOption

if TYPE_CHECKING:
    from datasets.takedown.plan import TakedownPlan

# Everything heavier is imported when the command runs, so that --help answers at once.

_ROWS_SHOWN = 20


def forget(
    lake: LakeOption,
    video_id: Annotated[
        list[str] | None, typer.Argument(help="Ids of videos, or beginnings that no other video has")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(help="SQL over the table videos instead, such as \"speaker = 'Jane Doe'\""),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where there is no terminal")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what goes as one JSON object")] = False,
) -> None:
    """Remove videos from every table, version and file of the lake, for good, and keep them from coming back.

    Snapshots that held them are withdrawn. What was trained on them is named, and stays. Running it again finishes
    what was interrupted.
    """
    from datasets.lake import Lake
    from datasets.takedown.plan import plan_takedown
    from flows.forget import forget_videos, refuse_live_runs
    from flows.interrupts import stopped_by_signals

    console, opened = Console(stderr=as_json), Lake.open(lake)
    plan = plan_takedown(opened, video_ids=video_id or (), where=where)
    if as_json:
        print(json.dumps(asdict(plan), indent=2))
    else:
        _show(plan, opened.uri, console)
    if dry_run or plan.is_empty:
        return
    refuse_live_runs(opened)
    if not yes:
        _confirm(plan)
    with stopped_by_signals(), console.status("removing") as shown:
        forget_videos(opened, plan, lambda step: shown.update(f"removing ({step})"))
    console.print(_done(plan))


def _show(plan: "TakedownPlan", lake_uri: str, console: Console) -> None:
    if plan.is_empty:
        console.print("nothing to remove: every video chosen is forgotten already, or none was chosen")
        return
    table = Table("video", "address", title=f"To be removed from {lake_uri}", title_justify="left")
    table.add_column("clips", justify="right")
    table.add_column("MB of film", justify="right")
    for video in plan.videos[:_ROWS_SHOWN]:
        megabytes = f"{video.film_bytes / 1e6:.1f}"
        table.add_row(video.video_id[:12], video.address or "-", f"{video.clips:,}", megabytes)
    console.print(table)
    for line in _lines(plan):
        console.print(line)


def _lines(plan: "TakedownPlan") -> list[str]:
    hidden = len(plan.videos) - _ROWS_SHOWN
    lines = [f"and {hidden} more videos: --json names all"] if hidden > 0 else []
    lines += [f"begun earlier, to be finished: {len(plan.resumed)} videos"] if plan.resumed else []
    lines += [f"snapshots withdrawn: {', '.join(plan.snapshots) or 'none'}"]
    for use in plan.training:
        paths = ", ".join(use.checkpoints) or "none is on record"
        lines.append(f"trained on snapshot {use.snapshot}: {use.run_id}; checkpoints that stay: {paths}")
    lines += [f"a report that may show its clips stays: {path}" for path in plan.reports]
    lines.append("the source files stay where they are; delete them yourself")
    return lines


def _confirm(plan: "TakedownPlan") -> None:
    if not sys.stdin.isatty():
        raise UserError("nobody is there to confirm: look at it with --dry-run, then add --yes")
    typer.confirm(f"Remove {len(plan.videos) + len(plan.resumed)} videos for good?", abort=True)


def _done(plan: "TakedownPlan") -> str:
    clips = sum(video.clips for video in plan.videos)
    withdrawn = f"; withdrawn: {', '.join(plan.snapshots)}" if plan.snapshots else ""
    return f"{len(plan.videos)} videos with {clips} clips are forgotten{withdrawn}"
