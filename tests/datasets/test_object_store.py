"""The lake in an object store: all that works on a folder, and several writers at once (datasets.lake)."""

import multiprocessing
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from datasets.schema import TABLES
from tests.object_store import ObjectStore

SPAWN = multiprocessing.get_context("spawn")
FILM = bytes(range(256)) * 4000  # a megabyte


@pytest.fixture
def lake(store, request) -> Lake:
    return new_lake(store, request.node.name)


def new_lake(store: ObjectStore, name: str) -> Lake:
    return Lake.open(store.uri(name), create=True, storage_options=store.options)


def clips(*clip_ids: str, **columns) -> pa.Table:
    return table_of("clips", [{"clip_id": clip_id, "keep": True} | columns for clip_id in clip_ids])


def append(lake: Lake, name: str, rows: pa.Table) -> int:
    return lake.append(name, lake.write_fragments(name, rows))


def test_a_lake_is_made_once_and_opened_again(store, lake):
    assert lake.versions() == dict.fromkeys(TABLES, 1)
    again = new_lake(store, "test_a_lake_is_made_once_and_opened_again")
    assert again.versions() == dict.fromkeys(TABLES, 1)


def test_a_prefix_without_a_lake_is_named(store):
    with pytest.raises(LakeError, match=rf"no lake at s3://{store.bucket}/nothing: run `emo2 ingest"):
        Lake.open(store.uri("nothing"), storage_options=store.options)


def test_a_bucket_that_is_not_there_is_named(store):
    with pytest.raises(LakeError, match="s3://no-such-bucket/lake"):
        Lake.open("s3://no-such-bucket/lake", create=True, storage_options=store.options)


def test_the_environment_tells_where_the_store_is(store, lake, monkeypatch):
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    assert Lake.open(lake.uri).versions() == lake.versions()


def test_rows_are_appended_replaced_and_deleted(lake):
    append(lake, "clips", clips("a", "b"))
    lake.upsert("clips", clips("b", "c", split="val"), on="clip_id")
    lake.delete("clips", "clip_id = 'a'")
    rows = lake.table("clips").to_table(columns=["clip_id", "split"]).to_pylist()
    assert sorted(rows, key=str) == [{"clip_id": "b", "split": "val"}, {"clip_id": "c", "split": "val"}]
    assert lake.status()["clips"]["kept"] == 2


def test_fragments_that_were_committed_before_add_nothing(lake):
    fragments = lake.write_fragments("clips", clips("a"))
    version = lake.append("clips", fragments)
    assert lake.append("clips", fragments) == version
    assert lake.clip_ids(clip_ids=["a"]) == {"a"}


def test_media_comes_back_as_it_went_in(lake):
    rows = [{"clip_id": "a", "mp4": FILM, "audio": b"flac", "n_frames": 50}, {"clip_id": "b", "mp4": None}]
    append(lake, "clip_media", table_of("clip_media", rows))
    b, a = lake.read_media(["b", "a"])
    assert (a.mp4, a.audio, a.n_frames) == (FILM, b"flac", 50)
    assert b.mp4 is None


def test_a_tagged_version_is_opened_by_its_name(lake):
    table = lake.table("clips")
    append(lake, "clips", clips("a"))
    table.tags.create("paper", 2)
    append(lake, "clips", clips("b"))
    assert lake.table("clips", "paper").count_rows() == 1
    assert lake.table("clips").tags.list()["paper"]["version"] == 2
    table.tags.delete("paper")
    assert "paper" not in lake.table("clips").tags.list()


def add_what_is_missing(lake: Lake, clip_ids: list[str]) -> None:
    """As an ingest commits: each clip that nobody has added yet."""
    for start in range(0, len(clip_ids), 4):
        asked = clip_ids[start : start + 4]
        with committing(lake) as check:
            new = sorted(set(asked) - lake.clip_ids(clip_ids=asked))
            check()
            append(lake, "clips", clips(*new))


@pytest.mark.slow
@pytest.mark.parametrize("writers", [2, 3])
def test_writers_of_the_same_clips_lose_none_and_double_none(lake, writers):
    wanted = [f"clip-{number:02d}" for number in range(24)]
    orders = [wanted, wanted[::-1], wanted[12:] + wanted[:12]][:writers]
    processes = [SPAWN.Process(target=add_what_is_missing, args=(lake, order)) for order in orders]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * writers
    found = Counter(lake.table("clips").to_table(columns=["clip_id"])["clip_id"].to_pylist())
    assert found == Counter(wanted)


def append_unasked(lake: Lake, writer: int) -> None:
    for number in range(8):
        append(lake, "clips", clips(f"{writer}-{number}"))


@pytest.mark.slow
def test_appends_of_three_writers_at_once_are_all_there(lake):
    processes = [SPAWN.Process(target=append_unasked, args=(lake, writer)) for writer in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    found = lake.table("clips").to_table(columns=["clip_id"])["clip_id"].to_pylist()
    assert sorted(found) == sorted(f"{writer}-{number}" for writer in range(3) for number in range(8))


def test_a_lake_in_a_folder_and_one_in_a_store_hold_equal_rows(lake, tmp_path: Path):
    folder = Lake.open(tmp_path / "lake", create=True)
    for each in (folder, lake):
        append(each, "clips", clips("a", "b", split="test", start_s=1.5))
    read = [each.table("clips").to_table().to_pylist() for each in (folder, lake)]
    assert read[0] == read[1]
