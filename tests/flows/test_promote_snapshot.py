"""Promotion by its deployment, and the proposal to train that follows from it."""

import subprocess
import sys

import pytest
import yaml
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings

from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.snapshot import open_snapshot
from flows.promote_snapshot import promote_snapshot
from tests.datasets.lakes import clip, new_lake, put_clips
from tests.flows.prefect_station import REPOSITORY, Station, wait_for

EVENTS = {"filter": {"event": {"name": ["emo2.snapshot.promoted"]}}}


def proposed(station: Station, lake: str) -> list[dict]:
    """Parameters of the proposals for this lake, once there are any; nobody is going to decide on these."""

    def for_lake() -> list[FlowRun]:
        runs = station.runs_of("propose-training")
        return [run for run in runs if run.parameters["config"].get("lake") == lake]

    runs = wait_for(for_lake)
    for run in runs:
        station.client.set_flow_run_state(run.id, State(type=StateType.CANCELLING))
    return [run.parameters for run in runs]


def events(station: Station, lake: str) -> list[dict]:
    told = station.client.request("POST", "/events/filter", json=EVENTS).json()["events"]
    return [event for event in told if event["payload"]["lake"] == lake]


@pytest.mark.slow
def test_a_promotion_is_told_once_and_a_training_is_proposed(station, tmp_path):
    lake = new_lake(tmp_path)
    put_clips(lake, clip("a1", "a"), clip("b1", "b"))
    create_snapshot(lake, "talks-2026.1", Choice())
    run = station.reaches(station.start("promote-snapshot", lake=lake.uri, name="talks-2026.1"), "Completed")
    assert (run.name, run.state.message) == (
        "promote-talks-2026.1",
        "talks-2026.1 (2 clips, 0.0 h) is whole and promoted",
    )
    assert open_snapshot(lake, "talks-2026.1").promoted_at is not None
    assert proposed(station, lake.uri) == [{"config": {"lake": lake.uri, "snapshot": "talks-2026.1"}}]
    with temporary_settings({PREFECT_API_URL: station.url}):
        again = promote_snapshot({"lake": lake.uri, "name": "talks-2026.1"}, return_state=True)
    assert "was promoted already" in again.message
    (event,) = wait_for(lambda: events(station, lake.uri))  # which the server writes down some seconds late
    assert event["resource"]["prefect.resource.id"] == "emo2.snapshot.talks-2026.1"
    assert event["payload"] == {"lake": lake.uri, "snapshot": "talks-2026.1", "clips": 2, "hours": 0.0}
    assert len(proposed(station, lake.uri)) == 1


@pytest.mark.slow
def test_a_promotion_on_the_command_line_is_told_to_the_server_of_the_settings(station, tmp_path):
    lake = new_lake(tmp_path)
    put_clips(lake, clip("a1", "a"))
    create_snapshot(lake, "all", Choice())
    command = [sys.executable, "-c", "from flows.cli import main; main()", "snapshot", "promote", "all"]
    done = subprocess.run(
        [*command, "--lake", lake.uri],
        cwd=REPOSITORY,
        env=station.environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"told {station.url}")
    assert proposed(station, lake.uri) == [{"config": {"lake": lake.uri, "snapshot": "all"}}]


def test_the_chain_to_a_re_annotation_is_declared_and_off():
    declared = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())["deployments"]
    chains = {each["name"]: each["triggers"] for each in declared if each.get("triggers")}
    assert {name: [trigger["enabled"] for trigger in triggers] for name, triggers in chains.items()} == {
        "propose-training": [True],
        "reannotate": [False],
    }
    assert all(trigger["expect"] == ["emo2.snapshot.promoted"] for (trigger,) in chains.values())
    (trigger,) = chains["reannotate"]
    assert trigger["parameters"]["config"]["lake"] == "{{ event.payload.lake }}"
