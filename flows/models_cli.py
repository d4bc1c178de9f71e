"""`emo2 models`: the hand models on this machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

models = typer.Typer(no_args_is_help=True, help="Hand models: MANO from your own file, and the neutral hand.")
_add = typer.Typer(no_args_is_help=True, help="Take a model from a file of yours.")
models.add_typer(_add, name="add")

_LICENCE = (
    "MANO is licensed for non-commercial research only: read mano.is.tue.mpg.de/license.html before you use labels "
    "made with it. The file is yours; it stays on this machine."
)


@_add.command("mano")
def add_mano(
    path: Annotated[Path, typer.Argument(help="MANO_RIGHT.pkl, downloaded from mano.is.tue.mpg.de")],
) -> None:
    """Convert MANO_RIGHT.pkl, without running anything in it, and keep it under the hash of its numbers."""
    from datasets.hand.store import add_mano as add

    stored = add(path)
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"{stored.name} in {stored.path}")
    console.print(_LICENCE)


@models.command("list")
def list_models() -> None:
    """Show the hand models an ingest can use."""
    from datasets.hand.store import NEUTRAL, models_folder, stored_models

    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"{NEUTRAL}  a free hand of our own, the default")
    for model in stored_models():
        console.print(f"{model.name}  {model.path}")
    if not stored_models():
        console.print(f"no MANO in {models_folder()}: emo2 models add mano PATH")
