"""models.lock.json: what `emo2 models get` got, so that another machine can get exactly the same.

It lies in the models folder. A repository has one record, that of its last `get`:

    {"version": 1, "models": {"owner/name": {"commit": "...", "at": "2026-01-31T12:00:00+00:00",
     "files": {"config.json": {"size_bytes": 512, "sha256": "..."}}}}}
"""

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from datasets.errors import UserError
from datasets.models.places import FOLDER_VARIABLE, models_folder

_VERSION = 1
_COMMIT, _DIGEST = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LockedFile:
    """One file, as it was verified."""

    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if type(self.size_bytes) is not int or self.size_bytes < 0 or not _DIGEST.fullmatch(self.sha256):
            raise ValueError(f"no size and SHA-256: {self.size_bytes!r}, {self.sha256!r}")


@dataclass(frozen=True)
class LockedModel:
    """One repository at one commit."""

    commit: str
    at: str  # UTC, ISO 8601
    files: Mapping[str, LockedFile] = field(default_factory=dict)  # by path in the repository

    def __post_init__(self) -> None:
        if not _COMMIT.fullmatch(self.commit):
            raise ValueError(f"no commit: {self.commit!r}")
        for path in self.files:
            if path.startswith("/") or ".." in path.split("/"):
                raise ValueError(f"no path within a repository: {path!r}")


def lock_file() -> Path:
    return models_folder() / "models.lock.json"


def read_lock(path: Path | None = None) -> dict[str, LockedModel]:
    """Records by repository, none where there is no file. Raises UserError for one that cannot be understood."""
    path = path or lock_file()
    try:
        document = json.loads(path.read_bytes())
        if document["version"] != _VERSION:
            raise ValueError(f"version {document['version']!r} instead of {_VERSION}")
        return {repo: _record(record) for repo, record in document["models"].items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = " ".join(str(error).split())
        raise UserError(
            f"{path} is not a lock of models ({type(error).__name__}: {why}): mend or delete it"
        ) from error


def remember(repo: str, model: LockedModel, path: Path | None = None) -> None:
    """Put a record into the lock in place of the repository's last one; two at once both get in.

    Raises UserError for a lock that cannot be understood or written.
    """
    path = path or lock_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            models = read_lock(path) | {repo: model}
            document = {
                "version": _VERSION,
                "models": {name: asdict(models[name]) for name in sorted(models)},
            }
            _write_whole(path, json.dumps(document, indent=1) + "\n")
    except OSError as error:
        remedy = f"choose another models folder with {FOLDER_VARIABLE}"
        raise UserError(f"{path} cannot be written ({error.strerror}): {remedy}") from error


def _write_whole(path: Path, text: str) -> None:
    """Write a small file in one step: a reader meets the old one or the new one."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, 0o644)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _record(record: Mapping[str, Any]) -> LockedModel:
    files = {name: LockedFile(**values) for name, values in record["files"].items()}
    return LockedModel(commit=record["commit"], at=str(record["at"]), files=files)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(f".{path.name}.writer").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
