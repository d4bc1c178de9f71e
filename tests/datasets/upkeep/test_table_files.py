"""Files that no version names are told from the others, in a folder and in an object store."""

import json
import os
import time
from pathlib import Path

import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from datasets.upkeep.table_files import data_bytes, delete_files, manifest_paths, stored_files, unnamed_files
from tests.object_store import ObjectStore

FILM = bytes(100_000)  # so large that Lance puts it into a file of its own


@pytest.fixture(params=["folder", "object store"])
def lake(request, tmp_path: Path) -> Lake:
    if request.param == "folder":
        return Lake.open(tmp_path / "lake", create=True)
    store: ObjectStore = request.getfixturevalue("store")
    return Lake.open(store.uri(tmp_path.name), create=True, storage_options=store.options)


def write(lake: Lake, clip: str) -> list[str]:
    return lake.write_fragments("clip_media", table_of("clip_media", [{"clip_id": clip, "mp4": FILM}]))


def test_a_file_is_named_once_it_is_committed_and_until_then_it_is_not(lake):
    fragments = write(lake, "a")
    (path,) = (file["path"] for file in json.loads(fragments[0])["files"])
    orphans = unnamed_files(lake, "clip_media")
    assert sorted(file.path.endswith(".blob") for file in orphans) == [False, True]
    assert data_bytes(orphans).keys() == {path}
    assert data_bytes(orphans)[path] > len(FILM)
    lake.append("clip_media", fragments)
    assert unnamed_files(lake, "clip_media") == []


def test_a_version_with_a_tag_names_its_files_and_so_does_a_branch(lake):
    lake.append("clip_media", write(lake, "a"))
    table = lake.table("clip_media")
    table.tags.create("then", table.version)
    branch = table.create_branch("beside", "then")
    lake.delete("clip_media", "clip_id = 'a'")
    branch.delete("clip_id = 'none'")
    table = lake.table("clip_media")
    table.tags.delete("then")
    table.cleanup_old_versions(versions=[1], error_if_tagged_old_versions=False)
    manifests = manifest_paths(lake.table("clip_media"))
    delete_files(lake, "clip_media", [path for version, path in manifests.items() if version < table.version])
    left = {Path(file.path).parts[0] for file in unnamed_files(lake, "clip_media")}
    assert left <= {"_transactions"}  # of the versions whose manifests went; the film is the branch's
    assert branch.count_rows() == 1


def test_deleting_a_file_twice_is_no_error(lake):
    write(lake, "a")
    paths = [file.path for file in unnamed_files(lake, "clip_media")]
    delete_files(lake, "clip_media", paths)
    delete_files(lake, "clip_media", paths)
    assert unnamed_files(lake, "clip_media") == []


def test_a_file_is_listed_with_its_size_and_age(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    write(lake, "a")
    (blob,) = Path(lake.uri).rglob("*.blob")
    os.utime(blob, (time.time() - 3600,) * 2)
    (listed,) = (file for file in stored_files(lake, "clip_media") if file.path.endswith(".blob"))
    assert listed.bytes == len(FILM)
    assert abs(time.time() - 3600 - listed.modified.timestamp()) < 60
