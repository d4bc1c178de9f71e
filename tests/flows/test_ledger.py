"""Every run has a row that says how it ended, also when it could not say so itself (flows.ledger)."""

import json

import pytest

from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from flows.accounting import Counts
from flows.ingest_config import IngestConfig
from flows.ledger import end_dead_runs, live_runs, recorded


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def run(lake: Lake, flow: str = "ingest"):
    return recorded(lake, flow, IngestConfig(source="/videos", lake=lake.uri))


def states(lake: Lake) -> dict[str, str]:
    rows = lake.table("runs").to_table(columns=["run_id", "state"]).to_pylist()
    return {row["run_id"]: row["state"] for row in rows}


def killed(lake: Lake) -> str:
    """A row as a run leaves it that was killed."""
    row = {"run_id": "ingest-killed", "flow": "ingest", "state": "running"}
    lake.upsert("runs", table_of("runs", [row]), on="run_id")
    return row["run_id"]


def test_a_run_is_running_then_completed_with_its_counts(lake):
    with run(lake) as record:
        assert states(lake) == {record.run_id: "running"}
        record.counts = Counts(videos=3, videos_known=3)
    (row,) = lake.table("runs").to_table().to_pylist()
    assert (row["state"], json.loads(row["counts"])["videos"], row["ended_at"] is None) == (
        "completed",
        3,
        False,
    )
    assert json.loads(row["versions_committed"])["clips"] == 1


@pytest.mark.parametrize(("error", "state"), [(ValueError, "failed"), (KeyboardInterrupt, "cancelled")])
def test_a_run_that_ends_in_an_error_says_so(lake, error, state):
    with pytest.raises(error), run(lake):
        raise error
    assert list(states(lake).values()) == [state]


def test_live_runs_are_those_at_work_now(lake):
    killed(lake)
    with run(lake) as first, run(lake, "maintain") as second:
        assert [row["run_id"] for row in live_runs(lake, but=first.run_id)] == [second.run_id]
        assert [row["run_id"] for row in live_runs(lake, flow="ingest")] == [first.run_id]
    assert live_runs(lake) == []


def test_a_killed_run_is_marked_as_failed_by_the_next(lake):
    dead = killed(lake)
    with run(lake) as record:
        assert states(lake) == {dead: "failed", record.run_id: "running"}


def test_ending_dead_runs_leaves_those_that_live_and_those_that_ended(lake):
    with run(lake) as ended:
        pass
    dead = killed(lake)
    with run(lake) as living:
        killed(lake)
        assert end_dead_runs(lake) == 1
        assert states(lake) == {ended.run_id: "completed", dead: "failed", living.run_id: "running"}
    assert end_dead_runs(lake) == 0


def test_nothing_starts_while_a_takedown_is_at_work(lake):
    with run(lake, "forget") as takedown:
        for flow in ("ingest", "forget"):
            with pytest.raises(LakeError, match=f"{takedown.run_id} is taking videos out"), run(lake, flow):
                pass
    with run(lake):
        pass
