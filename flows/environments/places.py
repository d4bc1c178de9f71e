"""Where environments lie, and which of them count as built.

An environment is a folder NAME-KEY. It counts once `ready.json` stands in it, which is written last.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.environments.recipes import Recipe, recipe

FOLDER_VARIABLE = "EMO2_ENVIRONMENTS"
_MARKER = "ready.json"
_FOLDER_NAME = re.compile(r"(?P<name>.+)-(?P<key>[0-9a-f]{12})")


@dataclass(frozen=True)
class Environment:
    """Packages of their own, with an interpreter that sees nothing but them."""

    name: str
    folder: Path
    python: Path


@dataclass(frozen=True)
class Ready:
    """What is known of a whole environment: its ready.json."""

    packages: Mapping[str, str]  # name -> version
    torch: str  # "cpu" or "cuda", as it was chosen
    seconds: float  # that the build took
    size_bytes: int


def environments_folder() -> Path:
    """EMO2_ENVIRONMENTS, else emo2/environments under XDG_DATA_HOME, else under ~/.local/share; always absolute."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen).absolute()
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share").absolute() / "emo2" / "environments"


def place_of(wanted: Recipe) -> Environment:
    """Where it lies for this lock and this Python, built or not."""
    folder = environments_folder() / f"{wanted.name}-{wanted.key}"
    return Environment(wanted.name, folder, folder / "bin" / "python")


def find_environment(name: str) -> Environment | None:
    """Built and whole, for this lock and this Python; starts no process.

    Raises UserError for a name that nothing declares.
    """
    place = place_of(recipe(name))
    return place if read_ready(place.folder) and place.python.exists() else None


def missing_environment(name: str) -> str:
    """The sentence for one that is not there."""
    return f"the environment {name} is not built: run `emo2 env build {name}`"


def read_ready(folder: Path) -> Ready | None:
    """None where the environment is not whole."""
    try:
        return Ready(**json.loads((folder / _MARKER).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_ready(folder: Path, ready: Ready) -> None:
    """In one step, after everything else has reached the disk."""
    part = folder / f"{_MARKER}.partial"
    with part.open("w") as file:
        json.dump(asdict(ready), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / _MARKER)


def remove_ready(folder: Path) -> None:
    """From now on it counts as not built."""
    (folder / _MARKER).unlink(missing_ok=True)


def stored_folders(name: str) -> Iterator[Path]:
    """Every folder of environments of this name, whole or not, of whatever lock and Python."""
    for path in sorted(environments_folder().glob(f"{name}-*")):
        match = _FOLDER_NAME.fullmatch(path.name)
        if match and match["name"] == name and path.is_dir():
            yield path
