"""`emo2 models get`: a model of the Hub into the cache, verified and noted in the lock."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from datasets.errors import UserError
from datasets.models.contents import chosen_files, is_whole
from datasets.models.entries import ModelEntry
from datasets.models.find import find_model, missing_sentence
from datasets.models.hub import HubFile, Offer, Unreachable, ask, endpoint, page, told
from datasets.models.lock import LockedFile, LockedModel, lock_file, read_lock, remember
from datasets.models.names import ModelName, understood
from datasets.models.places import cached_repo, hub_cache
from datasets.models.transfer import bring, missing_bytes, progress_class
from datasets.models.verify import damaged, flaw, sha256_of

_SPARE_BYTES = 64 * 2**20  # for what else is written meanwhile
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")  # the first that a folder has
_BESIDE = (".json", ".txt", ".yaml", ".yml", ".model", ".npz", ".npy")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Got:
    """What `get_model` did."""

    name: str  # as asked
    stamp: str  # as `find_model` has it
    licence: str  # the registry's, with the model's page
    path: Path
    size_bytes: int
    was_here: bool
    is_verified: bool  # False: the Hub cannot be reached, and no lock says what the files should be


def get_model(name: str, *, revision: str | None = None, locked: bool = False) -> Got:
    """Bring a model of the Hub into the cache: an id or a repository, at a commit, tag or branch.

    Without a revision it is the registry's, else the one of the lock, else that of branch main; `locked` takes
    exactly what the lock says. What is here already, and is what the lock says, needs no network.
    Raises UserError: unknown, gated, unreachable, damaged on the way, a full disk.
    """
    asked = _asked(name)
    assert asked.repo is not None
    record = read_lock().get(asked.repo)
    wanted = _wanted(name, asked, revision, record if locked else None, locked=locked)
    wanted = (
        wanted or (asked.entry.revision if asked.entry else None) or (record.commit if record else "main")
    )
    if record and record.commit == wanted and _is_here(asked, record):
        return _got(name, asked, wanted, record, was_here=True)
    try:
        offer = ask(asked.repo, wanted)
    except Unreachable:
        found = find_model(name if revision is None else f"{asked.repo}@{revision}")
        if found is None or locked:
            raise
        size = _size(found.path)
        return Got(name, found.stamp, _licence(asked), found.path, size, was_here=True, is_verified=False)
    known = {path: file.sha256 for path, file in record.files.items()} if record and locked else {}
    if asked.entry and offer.commit == asked.entry.revision:
        known = dict(asked.entry.sha256) | known
    files = _selected(asked, offer, tuple(known) if locked else ())
    record = _brought(offer, files, known)
    remember(asked.repo, record)
    return _got(name, asked, offer.commit, record, was_here=False)


def _got(name: str, asked: ModelName, commit: str, record: LockedModel, *, was_here: bool) -> Got:
    assert asked.repo is not None
    called = asked.entry.id if asked.entry else asked.repo
    return Got(
        name=name,
        stamp=f"{called}@{commit[:12]}",
        licence=_licence(asked),
        path=_snapshot(asked.repo, commit),
        size_bytes=sum(file.size_bytes for file in record.files.values()),
        was_here=was_here,
        is_verified=True,
    )


def _licence(asked: ModelName) -> str:
    assert asked.repo is not None
    return f"{asked.entry.licence}, {page(asked.repo)}" if asked.entry else f"see {page(asked.repo)}"


def _asked(name: str) -> ModelName:
    asked = understood(name)
    if asked.repo is None and asked.path is not None and os.path.exists(asked.path):
        raise UserError(
            f"{name} is a place on this machine, nothing is to be got: name it where a model is asked for"
        )
    if asked.repo is None:
        raise UserError(missing_sentence(name))
    return asked


def _wanted(
    name: str, asked: ModelName, revision: str | None, record: LockedModel | None, *, locked: bool
) -> str | None:
    """The revision that the caller means, None where they leave it open."""
    if revision and asked.revision and revision != asked.revision:
        raise UserError(f"{name} and --revision {revision} name two revisions: give one")
    wanted = revision or asked.revision
    if not locked:
        return wanted
    if record is None:
        raise UserError(
            f"{lock_file()} has no {asked.repo}: bring the file of the machine that got it, or leave out --locked"
        )
    if wanted and not record.commit.startswith(wanted):
        raise UserError(
            f"{lock_file()} has {asked.repo} at {record.commit[:12]}, not at {wanted}: leave out one of both"
        )
    return record.commit


def _is_here(asked: ModelName, record: LockedModel) -> bool:
    assert asked.repo is not None
    folder = _snapshot(asked.repo, record.commit)
    return not damaged(folder, record) and is_whole(folder, asked.entry.files if asked.entry else ())


def _selected(asked: ModelName, offer: Offer, paths: Sequence[str]) -> list[HubFile]:
    """Of what the Hub has: a lock's paths, else what the entry asks for, else weights and what goes with them."""
    listing = [file.path for file in offer.files]
    if paths:
        wanted, unmet = list(paths), [path for path in paths if path not in listing]
    elif asked.entry:
        wanted, unmet = _of_entry(asked.entry, listing)
    else:
        wanted, unmet = usual_files(listing), []
    if unmet or not wanted:
        lacking = ", ".join(unmet) or "weights that can be told from its names"
        raise UserError(f"{offer.repo} at {offer.commit[:12]} lacks {lacking}: choose another revision")
    return [file for file in offer.files if file.path in set(wanted)]


def _of_entry(entry: ModelEntry, listing: Sequence[str]) -> tuple[list[str], list[str]]:
    needed, unmet = chosen_files(entry.files, listing)
    return needed + [path for path in chosen_files(entry.optional, listing)[0] if path not in needed], unmet


def usual_files(listing: Sequence[str]) -> list[str]:
    """Of a repository nobody told us about: each folder's weights, in one format, and the small files beside."""
    chosen: list[str] = []
    for folder in sorted({PurePosixPath(path).parent for path in listing}):
        here = [path for path in listing if PurePosixPath(path).parent == folder]
        suffix = next((each for each in _WEIGHTS if any(path.endswith(each) for path in here)), None)
        chosen += [path for path in here if suffix and path.endswith(suffix)]
    has_weights = bool(chosen)
    chosen += [path for path in listing if PurePosixPath(path).suffix in _BESIDE]
    hidden = ("." + "*", "*/.*")
    visible = {path for path in chosen if not any(fnmatchcase(path, pattern) for pattern in hidden)}
    has_weights = has_weights or any(path.endswith((".model", ".npz")) for path in visible)
    return [path for path in listing if path in visible] if has_weights else []


def _brought(offer: Offer, files: Sequence[HubFile], known: Mapping[str, str]) -> LockedModel:
    """Bring these files into the snapshot's folder; what the lock is to say of them."""
    from huggingface_hub import snapshot_download

    _refuse_other_hashes(offer, files, known)
    large = [file for file in files if file.sha256]
    with told(offer.repo, offer.commit):
        _check_room(offer.repo, missing_bytes(offer.repo, large))
        for file in large:
            bring(offer.repo, offer.commit, file)
        folder = snapshot_download(
            offer.repo,
            revision=offer.commit,
            cache_dir=hub_cache(),
            endpoint=endpoint(),
            allow_patterns=[_literal(file.path) for file in files],
            tqdm_class=progress_class(quiet=True),
            max_workers=1,
        )
        return _verified(Path(folder), offer, files, known)


def _refuse_other_hashes(offer: Offer, files: Sequence[HubFile], known: Mapping[str, str]) -> None:
    """Before gigabytes come for nothing."""
    for file in files:
        expected = known.get(file.path)
        if expected and file.sha256 and expected != file.sha256:
            raise UserError(
                f"{file.path} of {offer.repo} at {offer.commit[:12]} has SHA-256 {file.sha256[:12]}... on the Hub "
                f"and {expected[:12]}... here: it is not the file it was, do not use it"
            )


def _check_room(repo: str, needed_bytes: int) -> None:
    folder = hub_cache()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed_bytes and free < needed_bytes + _SPARE_BYTES:
        raise UserError(
            f"model {repo} needs {needed_bytes / 1e6:,.0f} MB and {folder} has {free / 1e6:,.0f} MB left: make room, "
            "or set HF_HOME to a folder on another disk"
        )


def _verified(folder: Path, offer: Offer, files: Sequence[HubFile], known: Mapping[str, str]) -> LockedModel:
    """Raises UserError for the first file that is not what it should be, and removes it."""
    locked = {}
    for file in files:
        path = folder / file.path
        digest = sha256_of(path)
        if wrong := flaw(path, file, known, digest):
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise UserError(f"{file.path} of {offer.repo} is damaged ({wrong}) and was removed: get it again")
        locked[file.path] = LockedFile(path.stat().st_size, digest)
    return LockedModel(offer.commit, datetime.now(UTC).isoformat(timespec="seconds"), locked)


def _literal(path: str) -> str:
    """A pattern that this path alone fits."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _snapshot(repo: str, commit: str) -> Path:
    return cached_repo(repo) / "snapshots" / commit


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
