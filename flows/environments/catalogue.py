"""What lies in the folder of environments, and deleting it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from datasets.errors import UserError
from flows.environments.build import delete_environment
from flows.environments.build_lock import building, is_being_built
from flows.environments.places import find_environment, place_of, read_ready, stored_folders
from flows.environments.recipes import Recipe, recipe, recipes

State = Literal["built", "being built", "not built", "unfinished", "outdated"]


@dataclass(frozen=True)
class Stored:
    """One environment: of a name that is declared, with its folder, there or not."""

    name: str
    about: str
    state: State  # outdated: of another lock, or another Python
    size_bytes: int | None  # None where it is not whole
    folder: Path


def stored_environments() -> list[Stored]:
    """For every name the one that would be used now, then what else lies there."""
    return [each for wanted in recipes() for each in (_current(wanted), *_others(wanted))]


def remove(name: str, *, outdated: bool) -> list[Stored]:
    """Delete the one in use, or those that are outdated; gives what was there.

    Raises UserError where one is being built, or cannot be deleted.
    """
    wanted = recipe(name)
    chosen = _others(wanted) if outdated else [_current(wanted)]
    there = [each for each in chosen if each.folder.exists()]
    for each in there:
        _remove(each)
    return there


def _remove(stored: Stored) -> None:
    def refuse() -> None:
        raise UserError(f"{stored.folder} is being built: wait for the end of `emo2 env build {stored.name}`")

    try:
        with building(stored.folder, refuse):
            delete_environment(stored.folder)
    except OSError as error:
        remedy = "run this as the user to whom it belongs"
        raise UserError(f"{stored.folder} cannot be removed ({error.strerror}): {remedy}") from error


def _current(wanted: Recipe) -> Stored:
    folder = place_of(wanted).folder
    state: State = "built" if find_environment(wanted.name) else _unfinished(folder)
    return _stored(wanted, folder, state)


def _others(wanted: Recipe) -> list[Stored]:
    folders = [each for each in stored_folders(wanted.name) if each != place_of(wanted).folder]
    return [_stored(wanted, each, "outdated" if read_ready(each) else _unfinished(each)) for each in folders]


def _unfinished(folder: Path) -> State:
    if is_being_built(folder):
        return "being built"
    return "unfinished" if folder.exists() else "not built"


def _stored(wanted: Recipe, folder: Path, state: State) -> Stored:
    ready = read_ready(folder)
    return Stored(wanted.name, wanted.about, state, ready.size_bytes if ready else None, folder)
