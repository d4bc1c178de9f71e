"""`emo2 quarantine list | retry`: what could not be read or made, and another try after a fix."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from flows.cli_options import LakeOption, RayAddressOption
from flows.environment import prepare_engines

if TYPE_CHECKING:
    from datasets.quarantine import Quarantined

quarantine = typer.Typer(
    no_args_is_help=True, help="What could not be read or made: list it, or try it again."
)

_ROWS_SHOWN = 50

ReasonOption = Annotated[
    list[str] | None, typer.Option("--reason", help="Only this reason; may be given several times")
]
WhereOption = Annotated[
    str | None, typer.Option("--where", help="SQL over the table videos, such as \"dataset = 'avspeech'\"")
]


@quarantine.command("list")
def list_rows(
    lake: LakeOption,
    reason: ReasonOption = None,
    where: WhereOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line, all of them")
    ] = False,
) -> None:
    """Name each quarantined video and clip, the reason, and where it came from."""
    from datasets.lake import Lake
    from datasets.quarantine import quarantined

    rows = quarantined(Lake.open(lake), reasons=reason or (), where=where)
    if as_json:
        for row in rows:
            print(json.dumps(asdict(row), default=str))
        return
    Console().print(_table(rows))
    if len(rows) > _ROWS_SHOWN:
        Console().print(f"and {len(rows) - _ROWS_SHOWN} more: --json prints all")


@quarantine.command()
def retry(
    lake: LakeOption,
    reason: ReasonOption = None,
    where: WhereOption = None,
    deadline_s: Annotated[
        float | None,
        typer.Option(help="Deadline for any file, where the old one was too short", min=1, max=3600),
    ] = None,
    memory_mb: Annotated[
        int | None, typer.Option(help="Memory of a decoder, where it was too little", min=512, max=65536)
    ] = None,
    ray_address: RayAddressOption = None,
) -> None:
    """Ingest just the quarantined videos again, as the run did that gave up on them."""
    prepare_engines()
    from flows.ingest_config import MediaLimits
    from flows.quarantine import retry_quarantine
    from flows.quarantine_config import RetryConfig
    from flows.terminal_run import run_in_terminal

    limits = {"base_deadline_s": deadline_s, "memory_mb": memory_mb}
    given = {name: value for name, value in limits.items() if value is not None}
    config = RetryConfig(
        lake=lake,
        reasons=tuple(reason or ()),
        where=where,
        limits=MediaLimits(**given) if given else None,  # type: ignore[arg-type]
        ray_address=ray_address,
    )
    run_in_terminal(retry_quarantine, config)


def _table(rows: "list[Quarantined]") -> Table:
    table = Table(
        "what", "id", "reason", "uri", "detail", title=f"{len(rows)} quarantined", title_justify="left"
    )
    for row in rows[:_ROWS_SHOWN]:
        table.add_row(row.kind, row.id[:12], row.reason, row.uri, row.detail or "")
    return table
