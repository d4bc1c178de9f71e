"""Memory and room on the disks."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil

from flows.doctor.finding import Finding, ok, problem, warning
from flows.doctor.scope import Scope

_GB = 1e9
# Below the first a run fails sooner or later, below the second a large one does.
_DISK_GB = {"state": (0.5, 2.0), "temporary files": (1.0, 5.0), "lake": (1.0, 20.0)}
_MEMORY_GB = (2.0, 4.0)  # Ray and its workers take one; a decoder may take 4
_SHARED = Path("/dev/shm")
_SHARED_GB = 0.5  # Ray's object store has a quarter, and one run's own another
_CGROUP = Path("/sys/fs/cgroup")


def disks(scope: Scope) -> Iterator[Finding]:
    """Room where runs write, and whether they may."""
    yield from _disk("state", scope.state, "name another folder with --state or EMO2_STATE")
    yield from _disk("temporary files", Path(tempfile.gettempdir()), "set TMPDIR to a larger disk")
    folder = local_folder(scope.lake)
    if folder is not None:
        yield from _disk(
            "lake", folder, f"run `emo2 maintain --lake {scope.lake}`, or move it to a larger disk"
        )


def local_folder(lake: str | None) -> Path | None:
    """The folder of a lake on this machine; None where there is none or an object store holds it."""
    if not lake or ("://" in lake and not lake.startswith("file://")):
        return None
    return Path(unquote(urlsplit(lake).path) if lake.startswith("file://") else lake).expanduser().absolute()


def _disk(name: str, folder: Path, remedy: str) -> Iterator[Finding]:
    what = f"disk of the {name}" if name != "temporary files" else "disk of temporary files"
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free_gb = shutil.disk_usage(there).free / _GB
    needed_gb, wanted_gb = _DISK_GB[name]
    told = f"{free_gb:,.1f} GB free at {folder}"
    if not os.access(there, os.W_OK):
        yield problem(
            what, f"{there} cannot be written", f"give its user the right to write there, or {remedy}"
        )
    elif free_gb < needed_gb:
        yield problem(what, told, f"make room: {remedy}")
    elif free_gb < wanted_gb:
        yield warning(what, told, f"make room before a large run: {remedy}")
    else:
        yield ok(what, told)


def memory(scope: Scope) -> Iterator[Finding]:
    """What is left for a run, and the shared memory of Ray's object store."""
    free_gb, cores = _free_memory_gb(), os.cpu_count() or 1
    needed_gb, wanted_gb = _MEMORY_GB
    told = f"{free_gb:.1f} GB available, {cores} cores"
    remedy = "end other programs, or give the machine or container more memory"
    if free_gb < needed_gb:
        yield problem("memory", told, remedy)
    elif free_gb < wanted_gb:
        yield warning("memory", f"{told}; a single decoder may take 4 GB", remedy)
    else:
        yield ok("memory", told)
    yield _shared_memory()


def _shared_memory() -> Finding:
    if not _SHARED.is_dir():
        return ok("shared memory", f"no {_SHARED} on this system; Ray takes files")
    free_gb = shutil.disk_usage(_SHARED).free / _GB
    told = f"{free_gb:.2f} GB free at {_SHARED}"
    if free_gb < _SHARED_GB:
        remedy = (
            "start the container with --shm-size=1g, or remove what lies there; Ray takes slow files instead"
        )
        return warning("shared memory", told, remedy)
    return ok("shared memory", told)


def _free_memory_gb() -> float:
    """Of the machine, or of the container where that has a limit."""
    free = psutil.virtual_memory().available
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        cached = _cgroup_cache()
        free = min(free, limit - used + cached)
    except (OSError, ValueError):  # no cgroup of version 2, or "max"
        pass
    return free / _GB


def _cgroup_cache() -> int:
    """File pages that the kernel gives back when memory is asked for."""
    stat = (_CGROUP / "memory.stat").read_text().splitlines()
    return sum(int(line.split()[1]) for line in stat if line.startswith("inactive_file "))
