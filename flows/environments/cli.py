"""`emo2 env`: environments of their own, for annotators whose packages do not fit beside the rest."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from flows.environments.catalogue import Stored

environments = typer.Typer(
    no_args_is_help=True, help="Environments of their own, for annotators with other packages than the rest."
)
_Name = Annotated[str, typer.Argument(help="Of the environment, such as speech")]


@environments.command("build")
def build_environment(name: _Name) -> None:
    """Install an environment beside this one and try it; does nothing where it is built.

    Takes the index and the folder of wheels that pip is set to. TORCH=cpu or cuda overrides the choice of torch.
    """
    from flows.environments.build import build
    from flows.environments.progress import build_progress
    from flows.interrupts import stopped_by_signals

    console = _console()
    with stopped_by_signals(), build_progress(console) as tell:
        built = build(name, tell)
    told = f"{name}: {built.environment.folder}"
    if built.was_there:
        console.print(f"{told} is built already")
        return
    ready = built.ready
    size = f"{ready.size_bytes / 1e9:.1f} GB"
    console.print(f"{told}, {len(ready.packages)} packages, {size}, built in {ready.seconds:.0f} s")


@environments.command("list")
def list_environments() -> None:
    """Show each environment there is, with its state, size and folder."""
    from flows.environments.catalogue import stored_environments

    for stored in stored_environments():
        _console().print(_line(stored))


@environments.command("remove")
def remove_environment(
    name: _Name,
    outdated: Annotated[
        bool,
        typer.Option("--outdated", help="Those of earlier locks and other Pythons; the one in use stays"),
    ] = False,
) -> None:
    """Delete an environment; `emo2 env build` makes it again."""
    from flows.environments.catalogue import remove

    console = _console()
    removed = remove(name, outdated=outdated)
    for stored in removed:
        console.print(f"removed {stored.folder}" + (f", {_size(stored)}" if stored.size_bytes else ""))
    if not removed:
        console.print(f"nothing to remove: {name} has no {'outdated environment' if outdated else 'folder'}")


def _line(stored: "Stored") -> str:
    if stored.state == "not built":
        return f"{stored.name}  not built  {stored.about} Run `emo2 env build {stored.name}`"
    return f"{stored.name}  {stored.state}  {_size(stored)}  {stored.folder}"


def _size(stored: "Stored") -> str:
    return f"{stored.size_bytes / 1e9:.1f} GB" if stored.size_bytes else "size unknown"


def _console() -> Console:
    return Console(soft_wrap=True, markup=False, highlight=False)
