"""What a person may write for a model: an id, a repository of the Hub, or a place on this machine."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from datasets.models.entries import ModelEntry, known_models

_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
_REVISION = re.compile(r"[\w-][\w./-]*", re.ASCII)


@dataclass(frozen=True)
class ModelName:
    """A name, understood; all None where it can be none of the three."""

    entry: ModelEntry | None = None
    repo: str | None = None  # of the entry, or as written
    revision: str | None = None  # as written behind an @
    path: Path | None = None


def understood(name: str) -> ModelName:
    """What a name stands for, in this order: an id, what lies at that path, a repository, a path of nothing.

    A known id is never a path, so that a folder of that name beside a run changes nothing: write ./ID for it. A
    repository that the registry has is its entry.
    """
    head, at, revision = name.partition("@")
    revised = None if not at else revision
    for known in known_models():
        if head == known.id and _is_revision(revised):
            return ModelName(entry=known, repo=known.repo, revision=revised)
    path = _path(name)
    if path is not None and os.path.exists(path):  # and not Path.exists, which raises where it may not look
        return ModelName(path=path)
    if _REPO.fullmatch(head) and ".." not in head and "--" not in head and _is_revision(revised):
        known_repo = next((known for known in known_models() if known.repo == head), None)
        return ModelName(entry=known_repo, repo=head, revision=revised)
    return ModelName(path=path if "/" in name else None)


def _is_revision(text: str | None) -> bool:
    return text is None or (_REVISION.fullmatch(text) is not None and ".." not in text)


def _path(name: str) -> Path | None:
    if not name or "\0" in name:
        return None
    try:
        return Path(name).expanduser()
    except RuntimeError:  # ~somebody, who is not known here
        return None
