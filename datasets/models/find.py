"""Finding a model on this machine: never by the network, and without any library of models."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import UserError
from datasets.models.contents import NOTE, content_hash, is_whole
from datasets.models.entries import ModelEntry
from datasets.models.lock import LockedModel, read_lock
from datasets.models.names import ModelName, understood
from datasets.models.places import added_folder, cached_repo

_SHORT = 12  # digits of a commit in a stamp


@dataclass(frozen=True)
class FoundModel:
    """A model that is all there.

    The stamp changes with its weights: "id@" and 12 digits of the commit, or of the content where no commit is known.
    """

    name: str  # as asked
    path: Path  # folder, laid out as the repository is; or the file that was named
    stamp: str


def find_model(name: str) -> FoundModel | None:
    """The model of that name (see names.py), None where it is not here, or only in part.

    Places looked at, in order: the path; what `emo2 models add` put into the models folder; the cache of Hugging
    Face's libraries. There the commit is the one that the name asks for, else the registry's, the lock's, that of
    branch main, and at last any that is whole.
    """
    asked = understood(name)
    if asked.path is not None:
        return _at_path(name, asked.path)
    if asked.repo is None:
        return None
    return _added(name, asked) or _cached(name, asked)


def missing_sentence(name: str) -> str:
    """What to tell of a model that `find_model` does not find, with the remedy."""
    asked = understood(name)
    if asked.repo is not None:
        return f"model {name} is not on this machine: run `emo2 models get {name}`"
    if asked.path is not None:
        return f"model {name} is not on this machine: put it there, or name one of `emo2 models list`"
    return f"model {name} is not known: name one of `emo2 models list`, a repository of the Hub, or a folder"


def added_note(folder: Path) -> dict[str, str]:
    """What `emo2 models add` noted beside a model: its content, and its commit where that is known; else empty."""
    try:
        note = json.loads((folder / NOTE).read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) and all(isinstance(text, str) for text in note.values()) else {}


def _at_path(name: str, path: Path) -> FoundModel | None:
    if not os.path.exists(path):  # and not Path.exists, which raises where it may not look
        return None
    path = path.resolve()
    if not path.is_file() and not is_whole(path, ()):
        return None
    content = content_hash(path)
    return FoundModel(name, path, f"{path.name}@{content}") if content else None


def _added(name: str, asked: ModelName) -> FoundModel | None:
    """The user's own copy of an entry; one of another commit than the name asks for is not it."""
    if asked.entry is None:
        return None
    folder = added_folder(asked.entry.id)
    if not folder.is_dir() or not is_whole(folder, asked.entry.files):
        return None
    content, note = content_hash(folder), added_note(folder)
    commit = note.get("commit", "") if note.get("content") == content else ""
    if not content or (asked.revision and not commit.startswith(asked.revision)):
        return None
    return FoundModel(name, folder, f"{asked.entry.id}@{commit[:_SHORT] or content}")


def _cached(name: str, asked: ModelName) -> FoundModel | None:
    assert asked.repo is not None
    locked = _locked(asked.repo)
    for commit in _commits(asked, locked):
        folder = cached_repo(asked.repo) / "snapshots" / commit
        if _is_whole_snapshot(folder, asked.entry, locked):
            called = asked.entry.id if asked.entry else asked.repo
            return FoundModel(name, folder, f"{called}@{commit[:_SHORT]}")
    return None


def _commits(asked: ModelName, locked: LockedModel | None) -> Iterator[str]:
    """The commits a name can mean, the likeliest first; some may not be here."""
    assert asked.repo is not None
    repo = cached_repo(asked.repo)
    here = sorted(folder.name for folder in (repo / "snapshots").glob("*") if folder.is_dir())
    if asked.revision:
        named = _ref(repo, asked.revision)
        yield from [named] if named else [commit for commit in here if commit.startswith(asked.revision)]
        return
    if asked.entry and asked.entry.revision:
        yield asked.entry.revision
    if locked:
        yield locked.commit
    if main := _ref(repo, "main"):
        yield main
    yield from here


def _ref(repo: Path, name: str) -> str | None:
    """The commit of a branch or tag as it was when it was last downloaded."""
    try:
        return (repo / "refs" / name).read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _locked(repo: str) -> LockedModel | None:
    """A lock that cannot be read makes no model unfindable; `emo2 models list` says what is wrong with it."""
    try:
        return read_lock().get(repo)
    except UserError:
        return None


def _is_whole_snapshot(folder: Path, entry: ModelEntry | None, locked: LockedModel | None) -> bool:
    if locked and locked.commit == folder.name and not _has_all(folder, locked):
        return False
    return folder.is_dir() and is_whole(folder, entry.files if entry else ())


def _has_all(folder: Path, locked: LockedModel) -> bool:
    try:
        return all((folder / name).stat().st_size == file.size_bytes for name, file in locked.files.items())
    except OSError:
        return False
