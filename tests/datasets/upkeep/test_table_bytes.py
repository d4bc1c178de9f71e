"""Bytes of tables and columns (datasets.upkeep.table_bytes), held against the files of a local lake."""

from pathlib import Path

import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from datasets.upkeep.table_bytes import column_bytes, table_bytes

LARGE, SMALL = 3_000_000, 2_000  # beside the data file, and inside it


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Lake:
    return filled(Lake.open(tmp_path_factory.mktemp("lakes") / "lake", create=True))


def filled(lake: Lake) -> Lake:
    media = [
        {"clip_id": "a", "mp4": bytes(LARGE), "audio": bytes(range(256)) * 40, "n_frames": 1},
        {"clip_id": "b", "mp4": bytes(range(200)) * 10, "n_frames": 2},
        {"clip_id": "c", "mp4": None, "n_frames": 3},
    ]
    for rows in (media[:1], media[1:]):
        lake.append("clip_media", lake.write_fragments("clip_media", table_of("clip_media", rows)))
    points = [[0.1 * frame] * 99 for frame in range(100)]
    clips = [{"clip_id": "a", "body_keypoints": points, "body_src": {"name": "body", "version": "2"}}]
    lake.append("clips", lake.write_fragments("clips", table_of("clips", clips)))
    return lake


@pytest.mark.parametrize("name", ["clips", "clip_media"])
def test_a_table_takes_what_its_files_take(lake, name):
    files = [path for path in (Path(lake.uri) / name / "data").rglob("*") if path.is_file()]
    assert table_bytes(lake.table(name)) == sum(path.stat().st_size for path in files)


def test_pictures_count_in_their_column_wherever_they_lie(lake):
    sizes = column_bytes(lake.table("clip_media"))
    assert LARGE + SMALL <= sizes["mp4"] <= LARGE + SMALL + 1000
    assert 100 < sizes["audio"] <= 11_000
    assert sizes["reference"] < 100


def test_nested_fields_count_in_their_column(lake):
    sizes = column_bytes(lake.table("clips"))
    assert sizes["body_keypoints"] > 100 * 2  # one float16 a frame at the very least
    assert sizes["body_src"] > 0
    assert sum(sizes.values()) <= table_bytes(lake.table("clips"))


def test_an_object_store_is_measured_alike(lake, store):
    there = filled(Lake.open(store.uri("lake"), create=True, storage_options=store.options))
    listed = store.client().list_objects_v2(Bucket=store.bucket, Prefix="lake/clip_media/data/")["Contents"]
    assert table_bytes(there.table("clip_media")) == sum(one["Size"] for one in listed)
    assert column_bytes(there.table("clip_media")) == column_bytes(lake.table("clip_media"))


def test_a_table_without_rows_takes_nothing(lake):
    assert table_bytes(lake.table("videos")) == 0
    assert set(column_bytes(lake.table("videos")).values()) == {0}
