"""Upkeep removes what nobody needs and nothing else, also while others write."""

import json
import multiprocessing
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from datasets.upkeep.maintenance import Pins, clean_table, compact_table, delete_orphans, find_orphans

NOW = timedelta(0)
WEEK = timedelta(days=7)
ALL = 10**12


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def add(lake: Lake, *clips: str) -> None:
    lake.append("clips", write(lake, *clips))


def write(lake: Lake, *clips: str) -> list[str]:
    return lake.write_fragments("clips", table_of("clips", [{"clip_id": clip} for clip in clips]))


def clips(lake: Lake, version: int | str | None = None) -> list[str]:
    return sorted(lake.table("clips", version).to_table(columns=["clip_id"])["clip_id"].to_pylist())


def versions(lake: Lake, table: str = "clips") -> list[int]:
    return [version["version"] for version in lake.table(table).versions()]


def no_pins() -> Pins:
    return Pins()


def make_old(lake: Lake, fragments: list[str], days: float) -> Path:
    (path,) = (file["path"] for file in json.loads(fragments[0])["files"])
    file = Path(lake.uri) / "clips" / "data" / path
    os.utime(file, (time.time() - 86400 * days,) * 2)
    return file


def test_small_fragments_become_one_and_the_rows_stay(lake):
    for clip in "abcd":
        add(lake, clip)
    done = compact_table(lake, "clips", budget_bytes=ALL, pins=no_pins)
    assert (done.fragments_before, done.fragments_after, done.dropped, done.waiting) == (4, 1, 0, 0)
    assert len(lake.table("clips").get_fragments()) == 1
    assert clips(lake) == ["a", "b", "c", "d"]


def test_no_budget_no_rewriting(lake):
    add(lake, "a")
    add(lake, "b")
    done = compact_table(lake, "clips", budget_bytes=1, pins=no_pins)
    assert (done.fragments_after, done.bytes, done.waiting) == (2, 0, 1)
    assert versions(lake) == [1, 2, 3]


def test_a_dry_run_tells_what_a_run_would_do_and_changes_nothing(lake):
    add(lake, "a")
    add(lake, "b")
    told = compact_table(lake, "clips", budget_bytes=ALL, pins=no_pins, dry_run=True)
    removed = clean_table(lake, "clips", keep=NOW, pins=no_pins, dry_run=True)
    assert versions(lake) == [1, 2, 3]
    assert told == compact_table(lake, "clips", budget_bytes=ALL, pins=no_pins)
    assert removed.versions == 2


def test_fragments_that_waiting_work_belongs_to_are_left_alone(lake):
    for clip in "abcd":
        add(lake, clip)
    compact_table(lake, "clips", budget_bytes=ALL, pins=lambda: Pins(fragments={1}))
    assert {fragment.fragment_id for fragment in lake.table("clips").get_fragments()} >= {0, 1}
    assert clips(lake) == ["a", "b", "c", "d"]


def test_a_re_annotation_that_starts_during_the_copying_has_the_merge_dropped(lake):
    add(lake, "a")
    add(lake, "b")
    answers = iter([Pins(), Pins(not_compacted={"clips": "at work"})])
    done = compact_table(lake, "clips", budget_bytes=ALL, pins=lambda: next(answers))
    assert (done.dropped, done.fragments_after) == (1, 2)
    assert versions(lake) == [1, 2, 3]
    assert find_orphans(lake, "clips", Pins()) == []


def test_young_versions_stay_and_old_ones_go(lake):
    add(lake, "a")
    add(lake, "b")
    assert clean_table(lake, "clips", keep=WEEK, pins=no_pins).versions == 0
    assert clean_table(lake, "clips", keep=NOW, pins=no_pins).versions == 2
    assert versions(lake) == [3]
    assert clips(lake) == ["a", "b"]


def test_a_tagged_version_stays_readable_whatever_its_age(lake):
    add(lake, "a")
    lake.table("clips").tags.create("snapshot", 2)
    lake.delete("clips", "clip_id = 'a'")
    add(lake, "b")
    clean_table(lake, "clips", keep=NOW, pins=no_pins)
    assert versions(lake) == [2, 4]
    assert clips(lake, "snapshot") == ["a"]


def test_what_a_run_at_work_reads_stays_and_all_that_came_after(lake):
    for clip in "abc":
        add(lake, clip)
    clean_table(lake, "clips", keep=NOW, pins=lambda: Pins(versions={"clips": 3}))
    assert versions(lake) == [3, 4]
    assert clips(lake, 3) == ["a", "b"]


def test_nothing_is_cleaned_where_somebody_has_old_files_in_hand(lake):
    add(lake, "a")
    waiting = make_old(lake, write(lake, "b"), days=8)
    pins = Pins(not_cleaned={"clips": "reannotate-1 has files older than 6 days"})
    assert clean_table(lake, "clips", keep=NOW, pins=lambda: pins).versions == 0
    assert waiting.exists()


def test_the_file_of_a_writer_that_has_not_committed_survives_and_is_committed_after(lake):
    add(lake, "a")
    fragments = write(lake, "b")
    compact_table(lake, "clips", budget_bytes=ALL, pins=no_pins)
    clean_table(lake, "clips", keep=NOW, pins=no_pins)
    delete_orphans(lake, "clips", min_age=WEEK, pins=no_pins)
    lake.append("clips", fragments)
    assert clips(lake) == ["a", "b"]


def test_orphans_are_told_with_size_and_age_and_deleted_only_when_old(lake):
    young, old = make_old(lake, write(lake, "a"), days=1), make_old(lake, write(lake, "b"), days=8)
    waiting = make_old(lake, write(lake, "c"), days=9)
    pins = Pins(files={f"data/{waiting.name}"})
    assert [Path(file.path).name for file in find_orphans(lake, "clips", pins)] == [old.name, young.name]
    assert all(file.bytes > 0 for file in find_orphans(lake, "clips", pins))
    deleted = delete_orphans(lake, "clips", min_age=WEEK, pins=lambda: pins)
    assert [Path(file.path).name for file in deleted] == [old.name]
    assert (young.exists(), old.exists(), waiting.exists()) == (True, False, True)


def append_for_a_while(
    uri: str, stop: "multiprocessing.synchronize.Event", sent: "multiprocessing.Queue"
) -> None:
    lake, number = Lake.open(uri), 0
    while not stop.is_set():
        add(lake, f"{number:05}")
        row = {"run_id": "writer", "counts": str(number)}
        lake.upsert("runs", table_of("runs", [row]), on="run_id")
        number += 1
    sent.put(number)


@pytest.mark.slow
def test_maintaining_in_a_loop_beside_a_writer_loses_and_doubles_nothing(lake):
    spawn = multiprocessing.get_context("spawn")
    stop, sent = spawn.Event(), spawn.Queue()
    writer = spawn.Process(target=append_for_a_while, args=(lake.uri, stop, sent))
    writer.start()
    merged = removed = 0
    until = time.monotonic() + 120
    while (merged < 5 or removed < 50) and time.monotonic() < until:
        for name in ("clips", "runs"):
            done = compact_table(lake, name, budget_bytes=ALL, pins=no_pins)
            merged += done.fragments_after < done.fragments_before
            removed += clean_table(lake, name, keep=NOW, pins=no_pins).versions
    stop.set()
    number = sent.get(timeout=60)
    writer.join(timeout=60)
    assert writer.exitcode == 0
    assert merged >= 5
    assert removed >= 50
    assert clips(lake) == [f"{index:05}" for index in range(number)]
    assert lake.table("runs").to_table(columns=["counts"])["counts"].to_pylist() == [str(number - 1)]
