"""A proposal from its question to its end, on a real server and worker: approve, reject, cancel and silence."""

from uuid import UUID

import pytest
from prefect.client.schemas.objects import State, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings

from datasets.lake import Lake
from datasets.snapshots.create import Choice, create_snapshot
from flows.promotion.decision import verdicts
from flows.propose_training import propose_training
from flows.run_states import REFUSED
from tests.datasets.lakes import clip, new_lake, put_clips
from tests.flows.prefect_station import Station, wait_for

pytestmark = pytest.mark.slow
A_MOMENT_H = 0.0003  # one second


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Lake:
    lake = new_lake(tmp_path_factory.mktemp("proposals"))
    put_clips(lake, clip("a1", "a"), clip("b1", "b"))
    create_snapshot(lake, "all", Choice())
    return lake


def answer(station: Station, run_id: UUID, **given: str) -> str:
    """What the server says to the Resume dialog."""
    reply = station.client.request("POST", f"/flow_runs/{run_id}/resume", json={"run_input": given})
    return reply.json()["status"]


@pytest.fixture(scope="module")
def waiting(station, lake) -> dict[str, UUID]:
    """Runs that wait for a decision, started together, since each takes seconds to begin."""
    about = {"approved": {"parameters": {"config": {"width": 8}}}, "rejected": {}, "cancelled": {}}
    runs = {
        name: station.start("propose-training", lake=lake.uri, snapshot="all", **config)
        for name, config in about.items()
    }
    for run_id in runs.values():
        station.reaches(run_id, "Suspended")
    return runs


def reports(station: Station, run_id: UUID) -> list[dict]:
    chosen = {"artifacts": {"flow_run_id": {"any_": [str(run_id)]}}}
    return station.client.request("POST", "/artifacts/filter", json=chosen).json()


def dialog(station: Station, run_id: UUID, part: str) -> str:
    reply = station.client.request("GET", f"/flow_runs/{run_id}/input/suspended-decision-1-{part}")
    return reply.json()


def test_an_approval_launches_the_training_and_nothing_is_done_twice(station, lake, waiting):
    run_id = waiting["approved"]
    wait_for(lambda: not station.worker.children())  # no process while it waits
    assert wait_for(lambda: dialog(station, run_id, "description")).startswith("all: 2 clips, 0.0 h")
    assert answer(station, run_id) == answer(station, run_id, decision="maybe") == "REJECT"
    assert answer(station, run_id, decision="approve", comment="good hands", decided_by="Ann") == "ACCEPT"
    state = station.reaches(run_id, "Completed").state
    (training,) = station.runs_of("train-stage1")
    assert training.parameters == {"config": {"steps": 100, "width": 8, "lake": lake.uri, "snapshot": "all"}}
    assert state.message == (
        f"all was approved by Ann (good hands); train-stage1/train-stage1 was started as {training.name}"
    )
    (report,) = reports(station, run_id)
    assert report["key"] == "snapshot-report"
    assert report["data"].startswith("# Train on all?")
    (kept,) = [verdict for _, verdict in verdicts(lake) if verdict.flow_run_id == str(run_id)]
    assert (kept.decision, kept.comment, kept.decided_by) == ("approve", "good hands", "Ann")
    assert kept.launched_id == str(training.id)


def test_a_rejection_ends_with_its_comment(station, waiting):
    trainings, run_id = len(station.runs_of("train-stage1")), waiting["rejected"]
    assert answer(station, run_id, decision="reject", comment="too few speakers") == "ACCEPT"
    state = station.reaches(run_id, "Rejected").state
    assert (state.type, state.message) == (StateType.COMPLETED, "all was rejected (too few speakers)")
    assert len(station.runs_of("train-stage1")) == trainings


def test_a_cancel_while_it_waits_ends_as_cancelled(station, waiting):
    run_id = waiting["cancelled"]
    station.client.set_flow_run_state(run_id, State(type=StateType.CANCELLING))
    assert station.reaches(run_id, "Cancelled").state.type == StateType.CANCELLED
    assert answer(station, run_id, decision="approve") == "ABORT"


def test_without_a_decision_in_time_it_fails_in_a_sentence_and_a_retry_asks_again(station, lake):
    run_id = station.start("propose-training", lake=lake.uri, snapshot="all", decide_within_h=A_MOMENT_H)
    assert station.reaches(run_id, "Failed").state.message == "The flow was paused and never resumed."
    station.client.set_flow_run_state(run_id, State(type=StateType.SCHEDULED, name="AwaitingRetry"))
    wait_for(lambda: "decision-2" in str(station.client.read_flow_run(run_id).empirical_policy.pause_keys))
    assert len(reports(station, run_id)) == 1


def test_outside_of_a_deployment_it_refuses_at_once(station, lake):
    with temporary_settings({PREFECT_API_URL: station.url}):
        state = propose_training({"lake": lake.uri, "snapshot": "all"}, return_state=True)
    assert state.name == REFUSED
    assert "start it from its deployment, which `make up` registers" in state.message
