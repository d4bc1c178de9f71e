"""Work that waits for its commit is spared while it can be committed, and dropped once it cannot."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from datasets.lake import Lake
from datasets.replacement import Replacement, write_replacement
from datasets.rows import table_of
from datasets.staleness import Wanted
from datasets.upkeep.compaction import commit_rewrites, rewrite
from flows.liveness import alive
from flows.reannotation.commit import written_row
from flows.shard_ledger import put_shards, shard_rows
from flows.upkeep.pins import current_pins
from flows.upkeep.waiting_work import drop_void_work, files_of, fragments_of, waiting_shards

RUN = "reannotate-1"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two fragments of one clip each."""
    made = Lake.open(tmp_path / "lake", create=True)
    for clip in "ab":
        made.append("clips", made.write_fragments("clips", table_of("clips", [{"clip_id": clip}])))
    return made


def write_shard(lake: Lake, clip: str, fragment_id: int) -> Replacement:
    """A shard as a re-annotation leaves it when it is killed before its commit."""
    rows = pa.table({"clip_id": [clip], "sharpness": pa.array([1.0], pa.float32())})
    written = write_replacement(lake, rows, version=lake.table("clips").version, fragment_id=fragment_id)
    put_shards(lake, [written_row(f"shard-{clip}", RUN, Wanted("body", "1", "00"), [written])])
    return written


def say_running(lake: Lake, flow: str = "reannotate", versions: str = "{}") -> None:
    row = {"run_id": RUN, "flow": flow, "state": "running", "versions_read": versions}
    lake.upsert("runs", table_of("runs", [row | {"started_at": datetime.now(UTC)}]), on="run_id")


def age(lake: Lake, days: float) -> None:
    rows = lake.table("shards").to_table().to_pylist()
    then = datetime.now(UTC) - timedelta(days=days)
    lake.upsert("shards", table_of("shards", [row | {"at": then} for row in rows]), on="shard_id")


def test_a_written_shard_names_its_files_and_fragments(lake):
    written = write_shard(lake, "b", 1)
    waiting = waiting_shards(lake)
    assert files_of(waiting) == {written.path}
    assert (Path(lake.uri) / "clips" / written.path).is_file()
    assert fragments_of(waiting) == {1}


def test_work_that_can_still_be_committed_stays(lake):
    write_shard(lake, "a", 0)
    assert drop_void_work(lake) == 0
    assert len(shard_rows(lake)) == 1


def test_work_whose_fragment_is_gone_is_dropped_and_other_work_stays(lake):
    write_shard(lake, "a", 0)
    write_shard(lake, "b", 1)
    lake.delete("clips", "clip_id = 'a'")
    assert drop_void_work(lake, dry_run=True) == 1
    assert drop_void_work(lake) == 1
    assert [row.shard_id for row in shard_rows(lake)] == ["shard-b"]


def test_work_whose_files_are_gone_is_dropped(lake):
    (Path(lake.uri) / "clips" / write_shard(lake, "a", 0).path).unlink()
    assert drop_void_work(lake) == 1


def test_old_work_of_a_dead_run_is_dropped_before_lance_takes_its_files_for_nobodys(lake):
    write_shard(lake, "a", 0)
    age(lake, days=5.9)
    assert drop_void_work(lake) == 0
    age(lake, days=6.1)
    assert drop_void_work(lake) == 1


def test_old_work_of_a_run_at_work_stays_and_keeps_the_table_from_being_cleaned(lake):
    write_shard(lake, "a", 0)
    age(lake, days=8)
    with alive(lake, RUN):
        say_running(lake)
        assert drop_void_work(lake) == 0
        assert set(current_pins(lake).not_cleaned) == {"clips", "clip_media"}
    assert drop_void_work(lake) == 1
    assert current_pins(lake).not_cleaned == {}


def test_pins_are_what_runs_at_work_read_and_none_of_the_dead(lake):
    say_running(lake, "train", '{"clips": 2, "videos": 1}')
    assert current_pins(lake).versions == {}
    with alive(lake, RUN):
        assert current_pins(lake).versions == {"clips": 2, "videos": 1}
        assert current_pins(lake, but=RUN).versions == {}
        assert current_pins(lake).not_compacted == {}


def test_clips_are_not_compacted_under_a_re_annotation_at_work(lake):
    with alive(lake, RUN):
        say_running(lake)
        assert RUN in current_pins(lake).not_compacted["clips"]
    assert current_pins(lake).not_compacted == {}


def test_a_merge_makes_waiting_work_of_its_fragments_void(lake):
    write_shard(lake, "a", 0)
    table = lake.table("clips")
    assert commit_rewrites(table, rewrite(table, [0, 1]))
    assert drop_void_work(lake) == 1
