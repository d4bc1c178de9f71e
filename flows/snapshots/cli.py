"""`emo2 snapshot`: freeze a choice of clips under a name, and look at what was frozen."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from flows.cli_options import LakeOption

snapshot = typer.Typer(
    no_args_is_help=True, help="Choices of clips, frozen under a name: what training reads, and nothing else."
)

_DIFFERENCES_SHOWN = 20

NameArgument = Annotated[str, typer.Argument(help="The snapshot's name")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object")]


@snapshot.command()
def create(
    name: Annotated[
        str, typer.Argument(help="Letters, digits, -, _ and dots between them; also the tag on every table")
    ],
    lake: LakeOption,
    where: Annotated[
        str | None,
        typer.Option(
            help='SQL over clips, such as "sharpness > 50"; of the kept clips; by default all of them'
        ),
    ] = None,
    require_fresh: Annotated[
        bool, typer.Option("--require-fresh", help="Refuse clips whose labels are missing or stale")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Freeze the chosen clips at fixed versions of all tables.

    Before that, videos of one speaker, of one address and near-duplicates are put on one side of the split: into the
    first of train, val and test that any of them is in, so that nothing trained on is ever tested on later.
    """
    from datasets.snapshots.snapshot import check_name
    from flows.interrupts import stopped_by_signals
    from flows.snapshots.config import SnapshotConfig
    from flows.snapshots.work import remarks, sentence, take_snapshot

    check_name(name)
    config = SnapshotConfig(name=name, lake=lake, where=where, require_fresh=require_fresh)
    with stopped_by_signals():
        made = take_snapshot(config)
    if as_json:
        print(json.dumps(made.as_dict(), indent=2))
        return
    for line in (sentence(made), *remarks(made)):
        _console().print(line)


@snapshot.command("list")
def list_all(lake: LakeOption, as_json: JsonOption = False) -> None:
    """Every snapshot of the lake, the oldest first."""
    from datasets.lake import Lake
    from datasets.snapshots.snapshot import list_snapshots
    from flows.snapshots.tables import list_table

    snapshots = list_snapshots(Lake.open(lake))
    if as_json:
        print(json.dumps([each.as_dict() for each in snapshots], indent=2))
    else:
        _console().print(list_table(snapshots) if snapshots else f"no snapshots in {lake}")


@snapshot.command()
def show(name: NameArgument, lake: LakeOption, as_json: JsonOption = False) -> None:
    """What a snapshot holds, at which versions, and who labelled it."""
    from datasets.lake import Lake
    from datasets.snapshots.snapshot import find_snapshot
    from flows.snapshots.tables import show_tables

    found = find_snapshot(Lake.open(lake), name)
    if as_json:
        print(json.dumps(found.as_dict(), indent=2))
        return
    for table in show_tables(found):
        _console().print(table)


@snapshot.command()
def diff(
    first: Annotated[str, typer.Argument(help="The snapshot from which")],
    second: Annotated[str, typer.Argument(help="The snapshot to which")],
    lake: LakeOption,
    as_json: JsonOption = False,
) -> None:
    """Clips added, removed and labelled again, splits and versions that moved, from one snapshot to another."""
    from datasets.lake import Lake
    from datasets.snapshots.diff import diff_snapshots
    from datasets.snapshots.snapshot import open_snapshot
    from flows.snapshots.tables import diff_tables

    opened = Lake.open(lake)
    found = diff_snapshots(open_snapshot(opened, first), open_snapshot(opened, second))
    if as_json:
        print(json.dumps(found.as_dict(), indent=2))
        return
    for table in diff_tables(found):
        _console().print(table)


@snapshot.command()
def promote(
    name: NameArgument,
    lake: LakeOption,
    read_all: Annotated[
        bool,
        typer.Option(
            "--read-all/--no-read-all",
            help="Hold every label and film against its digest; otherwise only the tables",
        ),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Find a snapshot whole, mark it as promoted, and tell the Prefect server, which proposes a training.

    Promoting twice changes nothing. Without a server in PREFECT_API_URL nobody is told.
    """
    from flows.environment import prepare_engines
    from flows.interrupts import stopped_by_signals
    from flows.promotion.config import PromoteConfig
    from flows.promotion.work import promote as promoted
    from flows.terminal import counted_bar

    config = PromoteConfig(lake=lake, name=name, read_all=read_all)
    with stopped_by_signals(), counted_bar("reading clips", Console(stderr=True)) as advance:
        done = promoted(config, progress=advance)
    prepare_engines()
    from flows.promotion.event import emit_promoted, server_url  # takes a second to import

    server = server_url()
    told = f"told {server}" if server else "PREFECT_API_URL names no server, so none was told"
    if done.is_new and server and not emit_promoted(done.snapshot):
        told = f"{server} does not answer: start its deployment propose-training by hand once it does"
    if as_json:
        print(json.dumps(done.snapshot.as_dict(), indent=2))
        return
    _console().print(done.sentence)
    if done.is_new:
        _console().print(told)


@snapshot.command()
def verify(name: NameArgument, lake: LakeOption, as_json: JsonOption = False) -> None:
    """Read every label and film of a snapshot, and hold it against the digests of when it was made."""
    from datasets.lake import Lake
    from datasets.snapshots.check import verify_snapshot
    from datasets.snapshots.snapshot import open_snapshot
    from flows.terminal import counted_bar

    found = open_snapshot(Lake.open(lake), name)
    with counted_bar("reading clips", Console(stderr=True)) as advance:
        wrong = verify_snapshot(found, progress=advance)
    if as_json:
        differences = [{"clip_id": each.clip_id, "what": each.what} for each in wrong]
        print(
            json.dumps({"name": name, "clips": found.counts["clips"], "differences": differences}, indent=2)
        )
    else:
        for each in wrong[:_DIFFERENCES_SHOWN]:
            _console().print(f"clip {each.clip_id}: {each.what} is not as it was")
        _console().print(f"{name}: {found.counts['clips']:,} clips read, {len(wrong):,} differences")
    if wrong:
        sys.exit(1)


def _console() -> Console:
    return Console(soft_wrap=True, markup=False, highlight=False)
