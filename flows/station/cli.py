"""`emo2 up`, `emo2 down` and `emo2 register`: the Prefect UI with all that its runs need."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from datasets.errors import UserError
from flows.environment import STATE_FOLDER, prepare_engines

StateOption = Annotated[Path, typer.Option(help="Folder of history, logs and process ids")]


def up(
    port: Annotated[int, typer.Option(help="Of the Prefect UI", min=1024, max=65535)] = 4200,
    ray_port: Annotated[int, typer.Option(help="Of the Ray head", min=1024, max=65535)] = 6399,
    lake: Annotated[
        str | None,
        typer.Option(help="The lake that forms and schedules start with, by default that of the last time"),
    ] = None,
    roots: Annotated[
        str | None,
        typer.Option(
            help="Folders and addresses that runs may use, with a colon between; by default those of the last time,"
            " at first any"
        ),
    ] = None,
    state: StateOption = STATE_FOLDER,
) -> None:
    """Start a Prefect server, a Ray head and a worker on this machine, and register all deployments.

    Run it again to register what changed: what is at work goes on, and what was edited in the UI stays.
    """
    from flows.roots import split_roots
    from flows.station.choices import with_choices
    from flows.station.register import register
    from flows.station.up import bring_up

    console = Console(highlight=False, soft_wrap=True)
    allowed = None if roots is None else split_roots(roots)
    config = with_choices(port=port, ray_port=ray_port, lake=lake, roots=allowed, state=state)
    with console.status("starting Prefect and Ray"):
        record = bring_up(config, told=console.print)
    with console.status("registering the deployments"):
        sentences = register(config)
    console.print(sentences)
    console.print(f"\nThe Prefect UI is at {record.ui_url}\nStop everything with: {_down(config.state)}")


def down(state: StateOption = STATE_FOLDER) -> None:
    """Stop what `emo2 up` started; the history stays, and runs at work end as Cancelled, to be retried."""
    from flows.station.down import take_down

    console = Console(highlight=False, soft_wrap=True)
    with console.status("stopping"):
        stopped = take_down(state, told=console.print)
    if not stopped.programs:
        console.print(f"no station of {state} is at work")
    elif stopped.runs:
        console.print(f"{stopped.runs} runs were stopped: after `make up`, press Retry on their pages")


def register() -> None:
    """Register work pool, deployments and automations with the server of PREFECT_API_URL, else the one of `emo2 up`.

    On a machine where the workers' paths hold: the checkout of this command is where their runs start.
    """
    prepare_engines()
    if not os.environ.get("PREFECT_API_URL"):
        raise UserError(
            "no Prefect server is known: run `make up`, or set PREFECT_API_URL to the address of yours"
        )
    from flows.station.deployments import register_here

    for sentence in register_here():
        print(sentence)


def _down(state: Path) -> str:
    return "make down" if state == STATE_FOLDER.resolve() else f"emo2 down --state {shlex.quote(str(state))}"
