"""`emo2 models add`: a model of the user's, from a file or folder of this machine, without any network."""

import errno
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from datasets.errors import UserError
from datasets.models.contents import NOTE, chosen_files, content_hash, files_in
from datasets.models.entries import ModelEntry, entry
from datasets.models.find import FoundModel, find_model
from datasets.models.lock import read_lock
from datasets.models.places import FOLDER_VARIABLE, added_folder
from datasets.models.verify import sha256_of

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class _Plan:
    """What is copied: places in the repository, and where each comes from."""

    entry: ModelEntry
    sources: Mapping[str, Path]
    commit: str | None  # where the user's folder tells it


def add_model(model_id: str, source: Path) -> FoundModel:
    """Copy a model into the models folder, where `find_model` looks first; in place of an earlier one.

    `source` is a folder laid out as the repository (a snapshot of a cache, a clone, a download), a repository's
    folder of a cache, or the one file that the model needs. Hashes are checked where they are known.
    Raises UserError: an unknown id, files missing, a wrong hash, a folder that cannot be written.
    """
    plan = _plan(entry(model_id), source.expanduser())
    target = added_folder(model_id)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{model_id}.") as folder:
            made = Path(folder) / model_id
            hashes = _copied(plan, made)
            _refuse_wrong(plan, source, hashes)
            note = {"content": content_hash(made), "commit": _commit(plan, hashes)}
            (made / NOTE).write_text(json.dumps(note) + "\n")
            if target.exists():
                target.rename(Path(folder) / "before")  # goes with the temporary folder
            made.rename(target)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "make room" if full else f"choose another with {FOLDER_VARIABLE}, or check {source}"
        raise UserError(
            f"{model_id} cannot be put into {target.parent} ({error.strerror}): {remedy}"
        ) from error
    found = find_model(model_id)
    assert found is not None
    return found


def _plan(wanted: ModelEntry, source: Path) -> _Plan:
    if source.is_file():
        return _Plan(wanted, {_only_place(wanted, source): source}, _told_commit(source))
    if not source.is_dir():
        raise UserError(f"{source} is not there: give the file or folder of {wanted.id}")
    folder = _snapshot_in(source, wanted)
    listing = files_in(folder)
    if listing is None:
        raise UserError(f"{source} has too many files to be {wanted.id}: give the model's own folder")
    needed, unmet = chosen_files(wanted.files, listing)
    sources = {path: folder / path for path in (*needed, *chosen_files(wanted.optional, listing)[0])}
    for pattern in tuple(unmet):
        found = _by_name(pattern, listing)
        if found:
            sources[pattern.split("|")[0]] = folder / found
            unmet.remove(pattern)
    if unmet:
        raise UserError(
            f"{source} lacks {', '.join(unmet)} of {wanted.id}: {wanted.repo} on the Hub has all that is needed"
        )
    return _Plan(wanted, sources, _told_commit(folder))


def _only_place(wanted: ModelEntry, source: Path) -> str:
    if len(wanted.files) > 1:
        raise UserError(
            f"{wanted.id} is more than {source.name}: give a folder with {', '.join(wanted.files)}"
        )
    return wanted.files[0].split("|")[0]


def _snapshot_in(source: Path, wanted: ModelEntry) -> Path:
    """The folder itself; for a repository's folder of a cache the snapshot in it that has most of what is needed."""
    snapshots = sorted(folder for folder in (source / "snapshots").glob("*") if folder.is_dir())
    if not snapshots:
        return source
    return min(snapshots, key=lambda folder: len(chosen_files(wanted.files, files_in(folder) or [])[1]))


def _by_name(pattern: str, listing: list[str]) -> str | None:
    """The one file anywhere whose name is that of a pattern's path, such as a syncnet_v2.model in no folder."""
    name = PurePosixPath(pattern.split("|")[0]).name
    found = [path for path in listing if PurePosixPath(path).name == name]
    is_path = not any(character in pattern for character in "*?[")
    return found[0] if is_path and "/" in pattern and len(found) == 1 else None


def _told_commit(path: Path) -> str | None:
    """The commit in a path of a cache, .../snapshots/COMMIT."""
    for folder in (path.absolute(), *path.absolute().parents):
        if folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name):
            return folder.name
    return None


def _copied(plan: _Plan, folder: Path) -> dict[str, str]:
    """Copy the files, and their hashes."""
    hashes = {}
    for place, source in plan.sources.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        hashes[place] = sha256_of(target)
    return hashes


def _refuse_wrong(plan: _Plan, source: Path, hashes: Mapping[str, str]) -> None:
    """A hash of the registry holds for its own revision; another commit, if it is told, has others."""
    if plan.commit not in (None, plan.entry.revision):
        return
    for place, digest in hashes.items():
        expected = plan.entry.sha256.get(place)
        if expected and expected != digest:
            raise UserError(
                f"{place} in {source} is not that of {plan.entry.id} (SHA-256 {digest[:12]}... instead of "
                f"{expected[:12]}...): get it again, or name the folder itself where a model is asked for"
            )


def _commit(plan: _Plan, hashes: Mapping[str, str]) -> str:
    """Of which commit the files are, "" where nothing tells.

    The registry's or the lock's if all needed files have the hashes that it knows, else what their place told: a
    cache is believed by the names of its folders too.
    """
    needed, _ = chosen_files(plan.entry.files, list(hashes))
    known = [(plan.entry.revision, plan.entry.sha256)]
    if record := read_lock().get(plan.entry.repo):
        known.append((record.commit, {path: file.sha256 for path, file in record.files.items()}))
    for commit, digests in known:
        if commit and all(digests.get(path) == hashes[path] for path in needed):
            return commit
    return plan.commit or ""
