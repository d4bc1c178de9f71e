"""A cancel in the Prefect UI: of a run of the deployment in prefect.yaml, worked on by a process worker."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State, StateType

from benchmarks.faults.driver import wait_until
from benchmarks.faults.lakes import Difference, clips_redone, difference, leftovers, running
from benchmarks.faults.row import fault_row
from benchmarks.faults.server import PREFECT
from benchmarks.faults.workload import CLIPS_A_SHARD, WentWrong, Workload
from benchmarks.results import Row
from datasets.lake import Lake, LakeError

_POOL = "local"  # as prefect.yaml names it
_DEPLOYMENT = "ingest/ingest"
_POOL_COMMAND = ("work-pool", "create", _POOL, "--type", "process")
_DEPLOY_COMMAND = ("--no-prompt", "deploy", "--name", "ingest")
_RIGHT_ENDS = ("CANCELLED", "COMPLETED")  # the second: it was just done
_START_S = 240.0
_STOP_S = 180.0


@dataclass(frozen=True)
class _Cancelled:
    """One run of the deployment that was cancelled, and the run that made it good."""

    lake: Path
    state: str  # Prefect's
    recorded: str  # of the lake's `runs`; still running where Prefect lost patience and killed it
    stop_s: float  # from the cancel to the run's end
    again_s: float  # what the run after it took
    ends_wrong: tuple[str, ...]


def cancel_row(workload: Workload) -> Row:
    """Runs of the deployment, each cancelled at a random moment of its work."""
    undisturbed, draws = workload.ingested, workload.random("cancel")
    with _deployed(workload) as client:
        ages = [draws.uniform(0, 0.6) * undisturbed.seconds for _ in range(workload.sizes.cancels)]
        runs = [_cancelled(workload, client, age_s) for age_s in ages]
    return fault_row(
        "cancel in the Prefect UI, ingest",
        times=len(runs),
        found=sum((difference(undisturbed.contents, run.lake) for run in runs), Difference()),
        redone=max(clips_redone(leftovers(run.lake)) for run in runs),
        at_most=CLIPS_A_SHARD,
        recover_s=sum(run.again_s for run in runs) / len(runs),
        ends_wrong=[sentence for run in runs for sentence in run.ends_wrong],
        parts={
            "ended as": [f"{run.state}, {run.recorded} in the lake" for run in runs],
            "longest to stop s": max(run.stop_s for run in runs),
        },
    )


def _cancelled(workload: Workload, client: SyncPrefectClient, age_s: float) -> _Cancelled:
    lake = workload.new_lake()
    config = workload.ingest_config(lake)
    deployment = client.read_deployment_by_name(_DEPLOYMENT)
    run = client.create_flow_run_from_deployment(deployment.id, parameters={"config": config})
    wait_until(lambda: _recorded(lake) == "running", _START_S, "the deployment's run to begin")
    time.sleep(age_s)
    cancelled_s = time.monotonic()
    client.set_flow_run_state(run.id, State(type=StateType.CANCELLING))
    wait_until(lambda: _ended(client, run.id), _STOP_S, "the end of a cancelled run")
    stop_s, state, recorded = time.monotonic() - cancelled_s, _state(client, run.id), _recorded(lake)
    again = workload.ingest(lake)
    code, again_s = again.wait(), again.age_s
    again.settle()
    wrong = [f"the run after it ended with {code}: {again.said()}"] if code else []
    wrong += [f"{count} runs still say running" for count in [running(lake)] if count]
    wrong += [f"ended as {state}"] if state not in _RIGHT_ENDS else []
    return _Cancelled(lake, state, recorded, stop_s, again_s, tuple(wrong))


def _state(client: SyncPrefectClient, run_id: UUID) -> str:
    state = client.read_flow_run(run_id).state
    return state.type.value if state else "none"


def _ended(client: SyncPrefectClient, run_id: UUID) -> bool:
    state = client.read_flow_run(run_id).state
    return bool(state and state.is_final())


def _recorded(lake: Path) -> str:
    """How the lake's newest run stands; empty while there is none."""
    try:
        rows = Lake.open(lake).table("runs").to_table(columns=["state", "started_at"]).to_pylist()
    except LakeError:
        return ""
    return str(max(rows, key=lambda row: row["started_at"])["state"]) if rows else ""


@contextmanager
def _deployed(workload: Workload) -> Iterator[SyncPrefectClient]:
    """The deployments of this repository on the suite's server, and a worker."""
    for command in (_POOL_COMMAND, _DEPLOY_COMMAND):
        done = workload.start(PREFECT, *command)
        if done.wait():
            raise WentWrong(done.said())
    worker = workload.start(PREFECT, "worker", "start", "--pool", _POOL)
    try:
        with SyncPrefectClient(workload.env["PREFECT_API_URL"]) as client:
            yield client
    finally:
        worker.end()
