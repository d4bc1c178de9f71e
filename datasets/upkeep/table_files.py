"""The files in a table's folder, on any store: how large they are, and which no version names.

A run that is killed leaves files nobody committed. They are no rows, and only in the way. A file of a run that is
still at work looks just the same, so that whoever deletes must know its age and who is alive.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import lance
import pyarrow.compute as pc
from lance.file import LanceFileSession

from datasets.lake import Lake

# Of the table itself or of a branch of it, which lies under tree/NAME; hints and references are not among them.
_OF_VERSIONS = re.compile(r"(?:tree/.+/)?(?:data|_deletions|_transactions)/.+")
_BLOB = re.compile(r"(?P<data_file>(?:.+/)?data/[^/]+)/[^/]+\.blob")


@dataclass(frozen=True)
class StoredFile:
    """One file as the store lists it."""

    path: str  # within the table's folder
    bytes: int
    modified: datetime  # by the store's clock


def stored_files(lake: Lake, name: str) -> list[StoredFile]:
    """Every file in the folder of a table."""
    listed = lake.table(name).all_files().read_all().select(["path", "size_bytes", "last_modified"])
    return [StoredFile(*row.values()) for row in listed.to_pylist()]


def unnamed_files(lake: Lake, name: str) -> list[StoredFile]:
    """Files that no version names, of the table or of a branch: left by a run that died, or of one at work."""
    found = stored_files(lake, name)  # before the names: what is committed in between is named then
    named = _named(lake.table(name))
    return [file for file in found if _OF_VERSIONS.fullmatch(file.path) and _owner(file.path) not in named]


def data_bytes(files: Iterable[StoredFile]) -> dict[str, int]:
    """Bytes of each data file by its name, with the blobs that belong to it."""
    sizes: dict[str, int] = {}
    for file in files:
        name = _owner(file.path).rpartition("data/")[2]
        sizes[name] = sizes.get(name, 0) + file.bytes
    return sizes


def delete_files(lake: Lake, name: str, paths: Iterable[str]) -> None:
    """Delete files by their paths in the table's folder; one that is gone already is passed over."""
    options = dict(lake.storage_options) if lake.storage_options else None
    folder = LanceFileSession(f"{lake.uri}/{name}", storage_options=options)
    for path in paths:
        try:
            folder.delete_file(path)
        except OSError:
            if folder.contains(path):
                raise


def manifest_paths(table: lance.LanceDataset) -> dict[int, str]:
    """The file of each version, by its path in the table's folder; without those of branches."""
    paths: dict[int, str] = {}
    for batch in table.tracked_files():
        manifests = batch.filter(pc.field("type").cast("string") == "manifest")
        paths.update(zip(manifests["version"].to_pylist(), manifests["path"].to_pylist(), strict=True))
    return paths


def branches(table: lance.LanceDataset) -> dict[str, lance.LanceDataset]:
    """The newest version of each branch."""
    return {name: table.checkout_version((name, None)) for name in table.branches.list()}


def _named(table: lance.LanceDataset) -> set[str]:
    """Paths of the files that any version names, of the table or of a branch."""
    root = next(batch["base_uri"][0].as_py() for batch in table.all_files() if batch.num_rows)
    names: set[str] = set()
    for opened in (table, *branches(table).values()):
        for batch in opened.tracked_files():
            folders, paths = batch["base_uri"].to_pylist(), batch["path"].to_pylist()
            whole = {f"{folder}/{path}" for folder, path in zip(folders, paths, strict=True)}
            names.update(path.removeprefix(f"{root}/") for path in whole)
    return names


def _owner(path: str) -> str:
    """The file whose name keeps this one: of a blob the data file it belongs to, else the file itself."""
    blob = _BLOB.fullmatch(path)
    return f"{blob['data_file']}.lance" if blob else path
