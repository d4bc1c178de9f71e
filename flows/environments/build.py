"""Making an environment: installed, tried out, and only then marked as whole."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from flows.environments.build_lock import building
from flows.environments.code_folder import code_folder
from flows.environments.failures import InstallFailed, sentence
from flows.environments.installer import Installer, Tell, find_installer
from flows.environments.places import (
    Environment,
    Ready,
    find_environment,
    place_of,
    read_ready,
    remove_ready,
    write_ready,
)
from flows.environments.recipes import Recipe, recipe

SHARED = ("ray", "pyarrow", "pylance")  # what both sides of a task speak with, or write the lake with
_IMPORTS_WITHIN_S = 600.0  # minutes on a cold disk


@dataclass(frozen=True)
class Built:
    """An environment, and whether it was there before."""

    environment: Environment
    ready: Ready
    was_there: bool


def build(name: str, tell: Tell) -> Built:
    """The environment of that name, made now unless it is there; of several builders at once, one makes it.

    tell: is given a line whenever there is something new. Whatever stops a build, what it leaves does not count, and
    the next one starts afresh. Raises UserError with the cause.
    """
    wanted = recipe(name)
    if found := _found(name):
        return found
    place = place_of(wanted)

    def wait() -> None:
        tell(f"another process builds {name}: waiting for it")

    with building(place.folder, wait) as lock:
        return _found(name) or _make(wanted, place, tell, lock)


def _found(name: str) -> Built | None:
    place = find_environment(name)
    ready = place and read_ready(place.folder)
    if not place or not ready:
        return None
    code_folder(place.folder)
    return Built(place, ready, was_there=True)


def _make(wanted: Recipe, place: Environment, tell: Tell, lock: int) -> Built:
    try:
        delete_environment(place.folder)
        ready = _filled(wanted, place, find_installer(), tell, lock)
        write_ready(place.folder, ready)
    except BaseException as error:
        shutil.rmtree(place.folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise sentence(place, InstallFailed(error.strerror or str(error))) from error
        if isinstance(error, InstallFailed):
            raise sentence(place, error) from error
        raise
    return Built(place, ready, was_there=False)


def _filled(wanted: Recipe, place: Environment, installer: Installer, tell: Tell, lock: int) -> Ready:
    started_s = time.monotonic()
    with_what = "uv" if installer.uv else "pip: uv is not here, this takes longer"
    tell(f"Installing {wanted.name} into {place.folder} with {with_what}, torch for {installer.torch}")
    installer.install(wanted, place.folder, tell, keeps_open=lock)
    tell(f"Trying it: {', '.join(wanted.imports) or 'no module is named to import'}")
    packages = _tried(wanted, place)
    return Ready(
        packages=packages,
        torch=installer.torch,
        seconds=round(time.monotonic() - started_s, 1),
        size_bytes=_size_bytes(place.folder),
    )


def _tried(wanted: Recipe, place: Environment) -> dict[str, str]:
    """Its packages, once its modules were imported there and it speaks as we do."""
    command = [str(place.python), "-m", "flows.environments.self_check", *wanted.imports]
    code = code_folder(place.folder)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            command,
            env=variables | {"PYTHONPATH": str(code)},
            cwd=place.folder,
            capture_output=True,
            text=True,
            timeout=_IMPORTS_WITHIN_S,
        )
    except subprocess.TimeoutExpired as error:
        raise InstallFailed(f"it did not import {wanted.imports} in {_IMPORTS_WITHIN_S:.0f} s") from error
    if done.returncode:
        words = done.stderr.strip().splitlines()[-1:] or [f"its Python ended with code {done.returncode}"]
        raise InstallFailed(f"it was installed and does not work there: {words[0]}")
    packages = json.loads(done.stdout.strip().splitlines()[-1])
    _compare(packages)
    return packages


def _compare(packages: Mapping[str, str]) -> None:
    if other := differing(packages):
        name, (there, ours) = next(iter(other.items()))
        raise InstallFailed(f"it has {name} {there} and {ours} is here: tasks could not talk with us")


def differing(packages: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Package -> (version there, version here), of those that have to be the same and are not."""
    pairs = {name: (packages[name], metadata.version(name)) for name in SHARED if name in packages}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def delete_environment(folder: Path) -> None:
    """Whole or not; raises OSError. It stops to count before anything else of it goes."""
    if folder.exists():
        remove_ready(folder)
        shutil.rmtree(folder)


def _size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
