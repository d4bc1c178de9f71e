"""Our own code for an interpreter that must see nothing else of the environment that runs now.

Workers elsewhere import `flows`, `annotators` and the rest from a folder of links to exactly these packages: the
folder that holds them may be the site-packages of this environment, full of wheels for another numpy.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from datasets.errors import UserError

_PACKAGES = ("flows", "annotators", "datasets", "training")
_KEY_CHARACTERS = 12


def code_folder(environment: Path, packages: Mapping[str, Path] | None = None) -> Path:
    """A folder in `environment` with a link to each package of the running code.

    Each checkout has one of its own, so that two can use an environment at once. Complete from the moment it can be
    seen; nothing is written where it is right already. Raises UserError where it has to be written and cannot be.
    """
    packages = packages or running_packages()
    named = "\n".join(f"{name} {path}" for name, path in sorted(packages.items()))
    folder = environment / "code" / hashlib.sha256(named.encode()).hexdigest()[:_KEY_CHARACTERS]
    if _is_right(folder, packages):
        return folder
    try:
        _write(folder, packages)
    except OSError as error:
        remedy = "run `emo2 env build` with this code, as the user to whom that folder belongs"
        raise UserError(f"{folder} cannot be written ({error.strerror}): {remedy}") from error
    return folder


def running_packages() -> dict[str, Path]:
    """Our packages as this process imports them: of a checkout, or of an installed wheel."""
    found = {name: find_spec(name) for name in _PACKAGES}
    places = {name: spec.submodule_search_locations for name, spec in found.items() if spec}
    return {name: Path(place[0]).resolve() for name, place in places.items() if place}


def _is_right(folder: Path, packages: Mapping[str, Path]) -> bool:
    try:
        return all(os.readlink(folder / name) == str(path) for name, path in packages.items())
    except OSError:
        return False


def _write(folder: Path, packages: Mapping[str, Path]) -> None:
    """As a whole under another name first; who comes second finds the folder of the first."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix="new-"))
    try:
        part.chmod(0o755)
        for name, path in packages.items():
            (part / name).symlink_to(path, target_is_directory=True)
        _put(part, folder, packages)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put(part: Path, folder: Path, packages: Mapping[str, Path]) -> None:
    with suppress(OSError):  # there already
        part.rename(folder)
        return
    for name in packages:  # another process wrote it, or a link was damaged: each is replaced in one step
        (part / name).replace(folder / name)
