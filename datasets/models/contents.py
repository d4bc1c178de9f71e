"""What lies in a model's folder: whether all that is needed is there, and a stamp of it."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

NOTE = ".emo2.json"  # beside an added model: where it came from
_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth", "*.ckpt", "*.model", "*.onnx", "*.npz")
_HASHED_BYTES = 2**20
_MOST_FILES = 1000  # a folder of more is no model; its names alone would take long


def chosen_files(patterns: Iterable[str], listing: Sequence[str]) -> tuple[list[str], list[str]]:
    """Paths of a listing that patterns (see ModelEntry) ask for, in its order; and the patterns that nothing fits."""
    wanted: set[str] = set()
    unmet = []
    for pattern in patterns:
        fitting = ([path for path in listing if fnmatchcase(path, choice)] for choice in pattern.split("|"))
        found = next((paths for paths in fitting if paths), [])
        wanted.update(found)
        if not found:
            unmet.append(pattern)
    return [path for path in listing if path in wanted], unmet


def files_in(folder: Path) -> list[str] | None:
    """The files below a folder by their paths within it, sorted, hidden ones left out; None where it is no model.

    A link counts as what it points at, a dangling one not at all: so half a download shows as files missing.
    """
    found: list[str] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        place = Path(here)
        found += [
            (place / name).relative_to(folder).as_posix()
            for name in names
            if not name.startswith(".") and os.path.isfile(place / name)
        ]
        if len(found) > _MOST_FILES:
            return None
    return sorted(found)


def is_whole(folder: Path, patterns: Sequence[str]) -> bool:
    """Whether a folder has all that the patterns ask for; without any: weights, and every shard of an index."""
    listing = files_in(folder)
    if not listing:
        return False
    if patterns:
        return not chosen_files(patterns, listing)[1]
    has_weights = any(fnmatchcase(path, pattern) for path in listing for pattern in _WEIGHTS)
    indices = [path for path in listing if path.endswith(".index.json")]
    return has_weights and all(_shards(folder, path) <= set(listing) for path in indices)


def content_hash(path: Path) -> str | None:
    """12 hex digits of names, sizes, first and last megabyte of a model's files; None where nothing can be read."""
    names = [path.name] if path.is_file() else files_in(path)
    root = path.parent if path.is_file() else path
    if not names:
        return None
    digest = hashlib.sha256()
    try:
        for name in names:
            size = (root / name).stat().st_size
            digest.update(json.dumps([name, size]).encode())
            with (root / name).open("rb") as file:
                digest.update(file.read(_HASHED_BYTES))
                file.seek(max(size - _HASHED_BYTES, 0))
                digest.update(file.read(_HASHED_BYTES))
    except OSError:
        return None
    return digest.hexdigest()[:12]


def _shards(folder: Path, index: str) -> set[str]:
    """The paths that an index of transformers says its weights are split into."""
    try:
        names = set(json.loads((folder / index).read_bytes())["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
    return {(Path(index).parent / str(name)).as_posix() for name in names}
