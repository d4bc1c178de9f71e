"""`emo2 models`: the models of others on this machine, and how they get here."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from datasets.errors import UserError

if TYPE_CHECKING:
    from datasets.models.fetch import Got
    from datasets.models.state import ModelState

models = typer.Typer(
    no_args_is_help=True,
    help="Models of others: MANO from your own file, and networks of the Hugging Face Hub.",
)

_LICENCE = (
    "MANO is licensed for non-commercial research only: read mano.is.tue.mpg.de/license.html before you use labels "
    "made with it. The file is yours; it stays on this machine."
)
_MANO = "mano"
_STOPPED = "emo2: stopped; what came is kept, and running it again goes on from there"


@models.command("get")
def get(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...",
            help="An id of `emo2 models list`, or owner/name of the Hub with or without @revision",
        ),
    ],
    revision: Annotated[
        str | None, typer.Option(help="A commit, tag or branch instead of the registry's; for one model")
    ] = None,
    locked: Annotated[
        bool, typer.Option("--locked", help="Exactly what models.lock.json says; bring that file along")
    ] = False,
) -> None:
    """Download models into the cache of Hugging Face's libraries, verify them, and note them in models.lock.json.

    It goes on where an earlier attempt stopped. Gated models need HF_TOKEN.
    """
    if revision and len(names) > 1:
        raise UserError(f"--revision {revision} is for one model: give one name")
    from datasets.models.fetch import get_model

    console = _console()
    try:
        for name in names:
            got = get_model(name, revision=revision, locked=locked)
            console.print(_told(got))
            console.print(f"  licence: {got.licence}")
    except KeyboardInterrupt:
        print(_STOPPED, file=sys.stderr)
        raise typer.Exit(130) from None


@models.command("add")
def add(
    model_id: Annotated[str, typer.Argument(metavar="ID", help="mano, or an id of `emo2 models list`")],
    path: Annotated[
        Path,
        typer.Argument(
            help="For mano MANO_RIGHT.pkl, downloaded from mano.is.tue.mpg.de; else the model's file or folder"
        ),
    ],
) -> None:
    """Take a model from a file or folder of yours; needs no network.

    MANO_RIGHT.pkl is converted, without running anything in it, and kept under the hash of its numbers. Others are
    copied into the models folder, after a look at whether all is there and is what it should be.
    """
    console = _console()
    if model_id == _MANO:
        from datasets.hand.store import add_mano

        stored = add_mano(path)
        console.print(f"{stored.name} in {stored.path}")
        console.print(_LICENCE)
        return
    from datasets.models.add import add_model

    found = add_model(model_id, path)
    console.print(f"{found.stamp} in {found.path}")


@models.command("list")
def list_models(
    verify: Annotated[
        bool, typer.Option("--verify", help="Read what is here again, and hold it against its hashes")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> None:
    """Show the models annotators can use, which of them are here, and what gets the others."""
    from datasets.models.state import model_states

    states = list(model_states(verify=verify))
    if as_json:
        print(json.dumps({"hands": _hands(), "models": [_described(state) for state in states]}, indent=1))
    else:
        _print(states)
    if any(state.flaw for state in states):
        sys.exit(1)


def _print(states: "list[ModelState]") -> None:
    from datasets.hand.store import models_folder

    console = _console()
    for hand in _hands():
        console.print(f"{hand['name']}  {hand['path'] or 'a free hand of our own, the default'}")
    if len(_hands()) == 1:
        console.print(f"no MANO in {models_folder()}: emo2 models add mano PATH")
    table = Table("model", "for", "licence", "MB", "here")
    table.columns[0].no_wrap, table.columns[3].justify = True, "right"
    for state in states:
        needed_by = ", ".join(state.entry.needed_by)
        licence = state.entry.licence + (", gated" if state.entry.gated else "")
        size = _megabytes(state.entry.size_bytes)
        table.add_row(state.entry.id, f"{needed_by}: {state.entry.purpose}", licence, size, _here(state))
    console.print(table, soft_wrap=False)
    console.print("emo2 models get ID downloads one; emo2 models add ID PATH takes a copy of yours")


def _here(state: "ModelState") -> str:
    if state.flaw:
        return f"{state.flaw}: {state.get_command}"
    return state.found.stamp.rpartition("@")[2] if state.found else "-"


def _described(state: "ModelState") -> dict[str, Any]:
    entry, found = state.entry, state.found
    return {
        "id": entry.id,
        "needed_by": list(entry.needed_by),
        "purpose": entry.purpose,
        "language": entry.language,
        "licence": entry.licence,
        "gated": entry.gated,
        "size_bytes": entry.size_bytes,
        "repo": entry.repo,
        "revision": entry.revision,
        "sha256": dict(entry.sha256),
        "here": found is not None and state.flaw is None,
        "stamp": found.stamp if found else None,
        "path": str(found.path) if found else None,
        "flaw": state.flaw,
        "get": state.get_command,
    }


def _hands() -> list[dict[str, str | None]]:
    from datasets.hand.store import NEUTRAL, stored_models

    hands: list[dict[str, str | None]] = [{"name": NEUTRAL, "path": None}]
    return hands + [{"name": model.name, "path": str(model.path)} for model in stored_models()]


def _told(got: "Got") -> str:
    size = f"{_megabytes(got.size_bytes)} MB"
    if not got.is_verified:
        return f"{got.stamp} is here, {size}, not verified: the Hub cannot be reached ({got.path})"
    return f"{got.stamp} {'was here' if got.was_here else 'is here'}, {size}, verified ({got.path})"


def _megabytes(size_bytes: int | None) -> str:
    return "?" if size_bytes is None else f"{size_bytes / 1e6:,.0f}"


def _console() -> Console:
    return Console(soft_wrap=True, markup=False, highlight=False)
