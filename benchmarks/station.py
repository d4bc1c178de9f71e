"""What a person at the Prefect UI waits for: `make up`, a run's first shard, the end of a cancelled run.

Run as `python -m benchmarks station`. The first shard is timed from the moment at which the server noted the run,
which is what pressing Submit makes it do, to the start of the task. Beside it stands the same run with a Ray of its
own, as a worker without `make up` would have it.
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
from prefect.client.schemas.objects import State, StateType

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
_END_S = 600.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    runs: int = 5
    cancels: int = 3
    seconds: float = 20  # of the film that is ingested
    shots: int = 4


FULL, QUICK = Sizes(), Sizes(runs=1, cancels=1, seconds=6, shots=2)


@dataclass(frozen=True)
class Started:
    """Seconds from the click until a worker had the run in hand, its flow ran, and its first shard was at work."""

    pending_s: float
    running_s: float
    shard_s: float


def run(*, quick: bool = False, folder: Path = BENCH_FOLDER) -> None:
    """Print the table and write station.json."""
    sizes = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="emo2-station-") as name, _station(Path(name)) as (config, up_s):
        film = Path(name) / "talker.mp4"
        write_talker(film, seconds=sizes.seconds, shots=sizes.shots)
        with SyncPrefectClient(config.api_url) as client:
            runs = _Runs(client, film, Path(name))
            runs.started()  # the first one of all fills the file cache
            starts = [runs.started() for _ in range(sizes.runs)]
            alone = [runs.started(_OWN_RAY) for _ in range(sizes.runs)]
            cancels = [runs.cancelled() for _ in range(sizes.cancels)]
    report("station", _rows(up_s, starts, alone, cancels), folder=folder)


def _rows(up_s: float, starts: list[Started], alone: list[Started], cancels: list[float]) -> list[Row]:
    shards = [each.shard_s for each in starts]
    first = statistics.median(shards)
    own_ray = statistics.median(each.shard_s for each in alone)
    parts = {
        "picked up s": statistics.median(each.pending_s for each in starts),
        "flow running s": statistics.median(each.running_s for each in starts),
        "slowest s": max(shards),
        "runs": len(starts),
    }
    return [
        held_row("click to first shard, median", first, "s", FIRST_SHARD_S, better="lower", parts=parts),
        Row("the same with a Ray of its own", own_ray, "s", parts={"ratio": own_ray / first}),
        held_row(
            "cancel to Cancelled, slowest",
            max(cancels),
            "s",
            CANCEL_S,
            better="lower",
            parts={"each s": [round(each, 1) for each in cancels]},
        ),
        Row("make up until deployments are registered", up_s, "s"),
    ]


class _Runs:
    """Runs of the ingest's deployment, each into a lake of its own."""

    def __init__(self, client: SyncPrefectClient, film: Path, folder: Path):
        self._client, self._film, self._folder, self._made = client, film, folder, 0

    def started(self, job_variables: dict[str, dict[str, str]] | None = None) -> Started:
        """One run, waited for to its end."""
        run_id = self._click(job_variables)
        self._until(lambda: self._is_final(run_id))
        run, first_shard = self._client.read_flow_run(run_id), self._first_shard(run_id)
        if run.state is None or not run.state.is_completed() or run.created is None or first_shard is None:
            raise RuntimeError(f"{run.name} ended as {run.state}")
        began = {state.name: state.timestamp for state in self._client.read_flow_run_states(run_id)}
        moments = (began["Pending"], began["Running"], first_shard)
        return Started(*((moment - run.created).total_seconds() for moment in moments))

    def cancelled(self) -> float:
        """Seconds from the cancel of a run, two seconds into its first shard, to Cancelled."""
        run_id = self._click(None)
        self._until(lambda: self._first_shard(run_id) is not None)
        time.sleep(2)
        began_s = time.monotonic()
        self._client.set_flow_run_state(run_id, State(type=StateType.CANCELLING))
        self._until(lambda: self._is_final(run_id))
        took_s = time.monotonic() - began_s
        run = self._client.read_flow_run(run_id)
        if run.state is None or not run.state.is_cancelled():
            raise RuntimeError(f"{run.name} ended as {run.state}")
        return took_s

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
        tasks = self._client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run_id])))
        return min((task.start_time for task in tasks if task.start_time), default=None)

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
