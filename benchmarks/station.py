"""What a person at the Prefect UI waits for: `make up`, a run's first shard, the end of a cancelled run.

Run as `python -m benchmarks station`. The first shard is timed from the moment at which the server noted the run,
which is what pressing Submit makes it do, to the start of the task. Beside it stands the same run with a Ray of its
own, as a worker without `make up` would have it. Every run is cancelled two seconds into its first shard.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State, StateType, TaskRun

from benchmarks.results import BENCH_FOLDER, Row, held_row, report
from datasets.talker import write_talker
from flows.station.config import StationConfig
from flows.station.down import take_down
from flows.station.ports import free_port
from flows.station.register import register
from flows.station.up import bring_up

FIRST_SHARD_S = 15.0  # from the click
CANCEL_S = 30.0  # to Cancelled
_DEPLOYMENT = "ingest/ingest"
_OWN_RAY = {"env": {"RAY_ADDRESS": ""}}
_END_S = 120.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    runs: int = 5  # of either kind
    seconds: float = 20  # of the film; none is ingested to its end
    shots: int = 4


FULL, QUICK = Sizes(), Sizes(runs=1)


@dataclass(frozen=True)
class Waited:
    """Seconds from the click until a worker had the run in hand, its flow ran, and its first shard was at work.

    cancel_s: from its cancel, two seconds later, until it was Cancelled.
    """

    pending_s: float
    running_s: float
    shard_s: float
    cancel_s: float


def run(*, quick: bool = False, folder: Path = BENCH_FOLDER) -> None:
    """Print the table and write station.json."""
    sizes = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="emo2-station-") as name, _station(Path(name)) as (config, up_s):
        film = Path(name) / "talker.mp4"
        write_talker(film, seconds=sizes.seconds, shots=sizes.shots)
        with SyncPrefectClient(config.api_url) as client:
            runs = _Runs(client, film, Path(name))
            runs.waited()  # the first one of all fills the file cache
            shared = [runs.waited() for _ in range(sizes.runs)]
            alone = [runs.waited(_OWN_RAY) for _ in range(sizes.runs)]
    report("station", _rows(up_s, shared, alone), folder=folder)


def _rows(up_s: float, shared: list[Waited], alone: list[Waited]) -> list[Row]:
    shards = [each.shard_s for each in shared]
    first, own_ray = statistics.median(shards), statistics.median(each.shard_s for each in alone)
    parts = {
        "picked up s": statistics.median(each.pending_s for each in shared),
        "flow running s": statistics.median(each.running_s for each in shared),
        "slowest s": max(shards),
        "runs": len(shared),
    }
    return [
        held_row("click to first shard, median", first, "s", FIRST_SHARD_S, better="lower", parts=parts),
        Row("the same with a Ray of its own", own_ray, "s", parts={"ratio": own_ray / first}),
        _cancel_row("cancel to Cancelled, slowest", shared),
        _cancel_row("the same with a Ray of its own", alone),
        Row("make up until deployments are registered", up_s, "s"),
    ]


def _cancel_row(measure: str, runs: list[Waited]) -> Row:
    each_s = [round(one.cancel_s, 1) for one in runs]
    return held_row(measure, max(each_s), "s", CANCEL_S, better="lower", parts={"each s": each_s})


class _Runs:
    """Runs of the ingest's deployment, each into a lake of its own, and cancelled in its first shard."""

    def __init__(self, client: SyncPrefectClient, film: Path, folder: Path):
        self._client, self._film, self._folder, self._made = client, film, folder, 0

    def waited(self, job_variables: dict[str, dict[str, str]] | None = None) -> Waited:
        """One run, from its click to its end."""
        run_id = self._click(job_variables)
        self._until(lambda: self._first_shard(run_id) is not None)
        time.sleep(2)
        cancelled_s = time.monotonic()
        self._client.set_flow_run_state(run_id, State(type=StateType.CANCELLING))
        self._until(lambda: self._is_final(run_id))
        cancel_s = time.monotonic() - cancelled_s
        run, first_shard = self._client.read_flow_run(run_id), self._first_shard(run_id)
        if run.state is None or not run.state.is_cancelled() or run.created is None or first_shard is None:
            raise RuntimeError(f"{run.name} ended as {run.state}")
        began = {state.name: state.timestamp for state in self._client.read_flow_run_states(run_id)}
        pending_s, running_s, shard_s = (
            (moment - run.created).total_seconds()
            for moment in (began["Pending"], began["Running"], first_shard)
        )
        return Waited(pending_s, running_s, shard_s, cancel_s)

    def _click(self, job_variables: dict[str, dict[str, str]] | None) -> UUID:
        self._made += 1
        config = {"source": str(self._film), "lake": str(self._folder / f"lake-{self._made}")}
        deployment = self._client.read_deployment_by_name(_DEPLOYMENT)
        return self._client.create_flow_run_from_deployment(
            deployment.id, parameters={"config": config}, job_variables=job_variables
        ).id

    def _is_final(self, run_id: UUID) -> bool:
        state = self._client.read_flow_run(run_id).state
        return bool(state and state.is_final())

    def _first_shard(self, run_id: UUID) -> datetime | None:
        if self._is_final(run_id) and not self._tasks(run_id):
            raise RuntimeError(f"it ended before its first shard: {self._client.read_flow_run(run_id).state}")
        return min((task.start_time for task in self._tasks(run_id) if task.start_time), default=None)

    def _tasks(self, run_id: UUID) -> list[TaskRun]:
        return self._client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))

    def _until(self, holds: Callable[[], bool]) -> None:
        ends_at = time.monotonic() + _END_S
        while not holds():
            if time.monotonic() > ends_at:
                raise RuntimeError(f"a run did not get on within {_END_S:.0f} s")
            time.sleep(_POLL_S)


@contextmanager
def _station(folder: Path) -> Iterator[tuple[StationConfig, float]]:
    """A station on free ports, and the seconds that it took to start."""
    config = StationConfig(port=free_port(), ray_port=free_port(), state=folder / "state")
    began_s = time.monotonic()
    try:
        bring_up(config)
        register(config)
        yield config, time.monotonic() - began_s
    finally:
        take_down(config.state)
