"""Shards as tasks of Prefect, without Ray: how they end when the run is stopped (flows.ingest_shards)."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.context import FlowRunContext
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.testing.utilities import prefect_test_harness

from flows.accounting import Counts
from flows.ingest_shards import _finished, _Tally, ingest_shard
from flows.ledger import RunRecord
from flows.progress import Silent
from flows.ray_session import Cancelled
from flows.run_states import ShardsFailed
from flows.shard_work import ShardOutcome
from flows.shards import Shard


class Work:
    """Does shard 0, fails at 1, and is stopped in those that follow."""

    def run(self, shard: Shard) -> ShardOutcome:
        if shard.index > 1:
            raise Cancelled
        if shard.index:
            raise ValueError("a mistake")
        return ShardOutcome(Counts(videos=1))


@pytest.fixture(scope="module")
def _server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=300):
        yield


def task_states(flow_run_id: UUID) -> dict[str, str]:
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        return {run.name: run.state_name for run in client.read_task_runs(flow_run_filter=wanted)}


@pytest.mark.slow
@pytest.mark.usefixtures("_server")
@pytest.mark.parametrize(
    ("shards", "raised", "states"),
    [
        (2, ShardsFailed, {"shard-0000": "Completed", "shard-0001": "Failed"}),
        (3, Cancelled, {"shard-0000": "Completed", "shard-0001": "Failed", "shard-0002": "Cancelled"}),
    ],
)
def test_a_run_that_is_stopped_is_told_from_one_whose_shards_failed(shards, raised, states):
    done, ids = [], []

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
    def some_shards() -> None:
        ids.append(FlowRunContext.get().flow_run.id)
        pending = [ingest_shard.submit(Shard(index, ()), Work()) for index in range(shards)]
        for future in pending:
            future.wait()
        with pytest.raises(raised):
            done.extend(_finished(pending))

    some_shards()
    if raised is ShardsFailed:  # what was done is told before
        assert done == [ShardOutcome(Counts(videos=1))]
    assert task_states(ids[0]) == states


def test_the_counts_of_several_calls_of_one_run_add_up():
    heard = []

    class Listener(Silent):
        def advanced(self, done: int, note: str = "") -> None:
            heard.append((done, note))

    run = RunRecord("run", counts=Counts())
    for _ in range(2):
        tally = _Tally(run, Listener())
        tally.add(Counts(videos=2, videos_known=1))
        tally.add(Counts(videos_ingested=1, clips=5, clips_kept=4))
        assert tally.counts.videos_done == 2
    assert heard == [
        (1, ""),
        (2, "4 of 5 clips kept"),
        (3, "4 of 5 clips kept"),
        (4, "8 of 10 clips kept"),
    ]
    assert run.counts.videos == 4
