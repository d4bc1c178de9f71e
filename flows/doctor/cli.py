"""`emo2 doctor`: what is wrong here, and the remedy."""

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.environment import STATE_FOLDER

if TYPE_CHECKING:
    from flows.doctor.finding import Finding, State

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


def doctor(
    lake: Annotated[
        str | None, typer.Option(help="A lake to look at too", envvar="EMO2_LAKE", show_envvar=True)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
    port: Annotated[
        int | None,
        typer.Option(help="Of the Prefect UI; by default the station's, else 4200", min=1, max=65535),
    ] = None,
    ray_port: Annotated[
        int | None,
        typer.Option(help="Of the Ray head; by default the station's, else 6399", min=1, max=65535),
    ] = None,
    state: Annotated[
        Path, typer.Option(help="Folder of the station", envvar="EMO2_STATE", show_envvar=True)
    ] = STATE_FOLDER,
) -> None:
    """Check Python, packages, ports, disk, memory, Ray, server, lake and models; each finding with its remedy.

    Changes nothing. Ends with code 1 where there is a problem.
    """
    from flows.doctor.examine import examine, is_left_behind
    from flows.doctor.scope import scope_of

    findings = examine(scope_of(state=state, lake=lake or None, port=port, ray_port=ray_port))
    told = Counter(finding.state for finding in findings)
    if as_json:
        print(json.dumps({"findings": [each.as_dict() for each in findings], "counts": dict(told)}, indent=2))
    else:
        _print(findings, told)
    sys.stdout.flush()
    if is_left_behind():  # it would hold up the usual way out
        os._exit(1 if told["problem"] else 0)
    raise typer.Exit(1 if told["problem"] else 0)


def _print(findings: "Sequence[Finding]", told: "Counter[State]") -> None:
    console = Console(soft_wrap=True, highlight=False)
    for each in findings:
        console.print(f"[{_STYLES[each.state]}]{each.state:8}[/] ", end="")
        console.print(f"{each.what}: {each.text}", markup=False)
        if each.remedy:
            console.print(f"{'':9}-> {each.remedy}", markup=False)
    counts = ", ".join(
        f"{told[state]} {state}{'' if told[state] == 1 else 's'}" for state in ("problem", "warning")
    )
    console.print(f"{counts}, {told['ok']} in order")
