"""One writing run a lake (flows.lake_lock)."""

import pytest

from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from flows.lake_lock import sole_writer


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def states(lake: Lake) -> dict[str, str]:
    rows = lake.table("runs").to_table(columns=["run_id", "state"]).to_pylist()
    return {row["run_id"]: row["state"] for row in rows}


def test_a_second_writer_is_told_to_wait_and_the_next_one_may_write(lake):
    with (
        sole_writer(lake, "ingest"),
        pytest.raises(LakeError, match="another run is writing"),
        sole_writer(lake, "ingest"),
    ):
        pass
    with sole_writer(lake, "ingest"):
        pass


def test_a_lake_that_cannot_be_written_to_is_named(lake, tmp_path):
    (tmp_path / "lake" / ".writing").mkdir()
    with pytest.raises(LakeError, match="cannot write to the lake at"), sole_writer(lake, "ingest"):
        pass


def test_runs_that_were_killed_are_marked_as_failed_by_the_next(lake):
    rows = [
        {"run_id": "killed", "flow": "ingest", "state": "running"},
        {"run_id": "done", "flow": "ingest", "state": "completed"},
        {"run_id": "other", "flow": "evaluate", "state": "running"},
    ]
    lake.upsert("runs", table_of("runs", rows), on="run_id")
    with sole_writer(lake, "ingest"):
        pass
    assert states(lake) == {"killed": "failed", "done": "completed", "other": "running"}
