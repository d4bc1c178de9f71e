"""Which fragments are merged, and that merging keeps every row, film and tagged version."""

import lance
import numpy as np
import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from datasets.upkeep.compaction import (
    Bounds,
    Fragment,
    commit_rewrites,
    discard_rewrites,
    fragments_of,
    plan_groups,
    rewrite,
    within,
)
from datasets.upkeep.table_files import unnamed_files

BOUNDS = Bounds(rows=100, bytes=1000)


def fragment(number: int, rows: int, deleted: int = 0, n_bytes: int = 10) -> Fragment:
    return Fragment(number, rows, deleted, n_bytes)


def ids(groups) -> list[list[int]]:
    return [[each.id for each in group] for group in groups]


def test_neighbours_are_merged_up_to_the_bound_of_rows():
    rows = [40, 40, 40, 40, 100]
    assert ids(plan_groups([fragment(i, n) for i, n in enumerate(rows)], BOUNDS)) == [[0, 1], [2, 3]]


def test_neighbours_are_merged_up_to_the_bound_of_bytes():
    assert ids(plan_groups([fragment(i, 10, n_bytes=400) for i in range(4)], BOUNDS)) == [[0, 1], [2, 3]]


def test_a_fragment_at_the_bound_stays_as_it_is():
    assert plan_groups([fragment(0, 100), fragment(1, 500), fragment(2, 1, n_bytes=9999)], BOUNDS) == []


def test_a_few_new_rows_do_not_have_a_large_fragment_copied():
    assert plan_groups([fragment(0, 90), fragment(1, 2), fragment(2, 2)], BOUNDS) == []


def test_many_small_fragments_do():
    small = [fragment(i, 1) for i in range(1, 8)]
    assert ids(plan_groups([fragment(0, 90), *small], BOUNDS)) == [list(range(8))]


def test_a_fragment_with_many_deleted_rows_is_written_again():
    assert ids(plan_groups([fragment(0, 95, deleted=5), fragment(1, 80, deleted=20)], BOUNDS)) == [[1]]


def test_an_excluded_fragment_parts_its_neighbours():
    fragments = [fragment(i, 10) for i in range(5)]
    assert ids(plan_groups(fragments, BOUNDS, excluded={2})) == [[0, 1], [3, 4]]


def test_the_budget_is_never_passed():
    groups = [(fragment(0, 1, n_bytes=60),), (fragment(1, 1, n_bytes=60),)]
    assert ids(within(groups, 119)) == [[0]]
    assert ids(within(groups, 120)) == [[0], [1]]
    assert within(groups, 59) == []


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def film(number: int) -> bytes:
    return np.random.default_rng(number).bytes(90_000 if number % 2 else 300)


def add_media(lake: Lake, *numbers: int) -> None:
    rows = [{"clip_id": f"clip-{n}", "mp4": film(n), "audio": b"sound", "n_frames": 1} for n in numbers]
    lake.append("clip_media", lake.write_fragments("clip_media", table_of("clip_media", rows)))


def films(table: lance.LanceDataset) -> dict[str, bytes | None]:
    rows = table.to_table(columns=["clip_id"], with_row_address=True).to_pylist()
    read = dict(table.read_blobs("mp4", addresses=[row["_rowaddr"] for row in rows]))
    return {row["clip_id"]: read[row["_rowaddr"]] for row in rows}


def test_films_are_read_back_from_the_merged_fragment_and_from_the_tagged_version(lake):
    add_media(lake, 0, 1)
    add_media(lake, 2, 3)
    table = lake.table("clip_media")
    table.tags.create("then", table.version)
    assert commit_rewrites(table, rewrite(table, [0, 1]))
    add_media(lake, 5)
    expected = {f"clip-{n}": film(n) for n in range(4)}
    assert films(lake.table("clip_media", "then")) == expected
    assert films(lake.table("clip_media")) == expected | {"clip-5": film(5)}
    assert [each.rows for each in fragments_of(lake, "clip_media")] == [4, 1]


def test_the_size_of_a_fragment_counts_its_films(lake):
    add_media(lake, 1, 3)
    (only,) = fragments_of(lake, "clip_media")
    assert 180_000 < only.bytes < 190_000


def test_rows_that_came_between_copying_and_commit_stay(lake):
    add_media(lake, 0)
    add_media(lake, 1)
    table = lake.table("clip_media")
    done = rewrite(table, [0, 1])
    add_media(lake, 2)
    assert commit_rewrites(table, done)
    assert sorted(films(lake.table("clip_media"))) == ["clip-0", "clip-1", "clip-2"]


def test_a_merge_of_rows_that_somebody_changed_is_dropped_and_leaves_no_file(lake):
    add_media(lake, 0)
    add_media(lake, 1)
    table = lake.table("clip_media")
    done = rewrite(table, [0, 1])
    lake.delete("clip_media", "clip_id = 'clip-1'")
    assert not commit_rewrites(table, done)
    assert unnamed_files(lake, "clip_media")
    discard_rewrites(lake, "clip_media", done)
    assert unnamed_files(lake, "clip_media") == []
    assert films(lake.table("clip_media")) == {"clip-0": film(0)}
