"""A data engineer's day in the Prefect UI: ingest, look, cancel, schedule, approve; real server, worker and Ray."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import FlowRun

from datasets.lake import Lake
from datasets.snapshots.snapshot import find_snapshot
from datasets.talker import write_talker
from flows.station.config import StationConfig
from flows.station.record import read_record
from tests.ui.prefect_ui import PrefectUi

pytestmark = pytest.mark.slow
DEPLOYMENTS = (
    "ingest", "label", "maintain", "promote-snapshot", "propose-training", "quarantine-retry", "reannotate",
    "snapshot",
)  # fmt: skip
WORK_S = 240.0  # an ingest of 20 s of video, on two busy cores
CANCEL_S = 30.0


@dataclass(frozen=True)
class Submitted:
    """What came of the ingest form."""

    refusal: str  # of the impossible value
    run_id: UUID


@pytest.fixture(scope="module")
def sources(station: StationConfig) -> Path:
    """A folder of one short film of a talker, and of a file that is none."""
    folder = station.state.parent / "talks"
    folder.mkdir()
    write_talker(folder / "talker.mp4", seconds=16, shots=3)
    (folder / "broken.mp4").write_bytes(b"no film at all")
    return folder


@pytest.fixture(scope="module")
def submitted(
    open_ui: Callable[[], AbstractContextManager[PrefectUi]], client: SyncPrefectClient, sources: Path
) -> Submitted:
    """The ingest form filled with a number that cannot be, then with one that can; and its run has ended."""
    with open_ui() as ui:
        ui.open_form(deployment_id(client, "ingest"))
        ui.fill({"Source": sources, "Shard (videos)": 5000})
        ui.press("Submit")
        refusal = ui.refusal()
        ui.picture("form-refused")
        ui.close_refusal()
        ui.fill({"Shard (videos)": 10})
        ui.sees("Source")
        ui.picture("ingest-form")
        run_id = ui.submit()
        ui.sees_state("Running", within_s=60)
        wait_until(lambda: 0 < progress_of(client, run_id) < 100, 120)
        ui.open_artifact("progress")
        ui.sees("of 2 videos")
        ui.picture("progress")
        ui.open_run(run_id).sees("talker.mp4")
        ui.picture("run-running")
        ui.sees_state("Completed", within_s=WORK_S)
    return Submitted(refusal, run_id)


def test_every_deployment_is_listed(ui: PrefectUi):
    ui.open("deployments")
    for name in DEPLOYMENTS:
        ui.sees(name)
    ui.picture("deployments")


def test_an_impossible_value_is_refused_in_the_form_with_its_bound(submitted: Submitted):
    assert "videos_per_shard" in submitted.refusal
    assert "5000 is greater than the maximum of 1000" in submitted.refusal


def test_the_run_is_named_for_its_source_and_tells_its_counts(
    ui: PrefectUi, submitted: Submitted, client: SyncPrefectClient, station: StationConfig
):
    run = client.read_flow_run(submitted.run_id)
    assert run.name.startswith("ingest-talks-20")
    assert tasks_of(client, run.id) == ["shard-0000"]
    kept = Lake.open(station.lake).table("clips").count_rows("keep")
    assert kept > 0
    ui.open_run(run.id).choose_tab("Details")
    ui.sees(run.state.message[:60])
    assert f"{kept} kept" in run.state.message
    ui.picture("run-completed")


def test_the_contact_sheet_is_a_picture_of_the_runs_clips(
    ui: PrefectUi, submitted: Submitted, station: StationConfig
):
    ui.open_run(submitted.run_id).open_artifact("contact-sheets")
    ui.sees("talker.mp4")
    shown = ui.pictures_shown()
    clips = Lake.open(station.lake).table("clips").count_rows()
    assert ui.page.get_by_text("talker.mp4").count() == clips
    assert len(shown) >= clips
    assert all(width > 100 and height > 100 for width, height in shown)
    ui.picture("contact-sheets")


def test_what_was_quarantined_is_listed_by_reason(ui: PrefectUi, submitted: Submitted):
    ui.open_run(submitted.run_id).open_artifact("quarantine")
    ui.sees("broken.mp4")
    ui.sees("unreadable")
    ui.picture("quarantine")


def test_logs_of_workers_stand_in_the_run(ui: PrefectUi, submitted: Submitted):
    ui.open_run(submitted.run_id)
    ui.sees("talker.mp4")


def test_the_nightly_reannotation_is_switched_on(
    ui: PrefectUi, client: SyncPrefectClient, station: StationConfig
):
    deployment = client.read_deployment_by_name("reannotate/reannotate")
    assert deployment.schedules
    assert not any(schedule.active for schedule in deployment.schedules)
    ui.open(f"deployments/deployment/{deployment.id}")
    card = ui.page.locator(".deployment-schedule-card").filter(has_text="nightly-hands")
    card.get_by_role("switch").click()
    wait_until(lambda: any(s.active for s in client.read_deployment(deployment.id).schedules), 15)
    ui.choose_tab("Upcoming")
    wait_until(lambda: bool(runs_of(client, deployment.id)), 60)  # the server plans ahead
    ui.page.reload()
    ui.sees("Scheduled")
    ui.picture("schedule")
    planned = runs_of(client, deployment.id)[0].parameters["config"]
    assert planned["lake"] == station.lake


def test_a_cancelled_run_ends_within_half_a_minute_and_leaves_no_process(
    ui: PrefectUi, client: SyncPrefectClient, station: StationConfig, tmp_path_factory: pytest.TempPathFactory
):
    film = station.state.parent / "long.mp4"
    write_talker(film, seconds=20, shots=4)
    before = processes_of_runs(station)
    ui.open_form(deployment_id(client, "ingest"))
    lake = station.state.parent / "cancelled-lake"
    ui.fill({"Source": film, "Lake": lake})
    run_id = ui.submit()
    wait_until(lambda: "shard-0000" in tasks_of(client, run_id), 120)
    ui.press("Cancel")
    ui.press("Confirm")
    began_s = time.monotonic()
    ui.sees_state("Cancelled", within_s=CANCEL_S)
    wait_until(
        lambda: not processes_of_runs(station) - before, max(CANCEL_S - (time.monotonic() - began_s), 1)
    )
    ui.picture("run-cancelled")
    rows = Lake.open(str(lake)).table("runs").to_table(columns=["state"]).to_pylist()
    assert [row["state"] for row in rows] == ["cancelled"]


def test_a_training_is_proposed_looked_at_and_approved_with_a_comment(
    ui: PrefectUi, submitted: Submitted, client: SyncPrefectClient, station: StationConfig
):
    ui.open_form(deployment_id(client, "snapshot"))
    ui.fill({"Name": "first"})
    ui.submit()
    ui.sees_state("Completed", within_s=WORK_S)
    ui.open_form(deployment_id(client, "promote-snapshot"))
    ui.fill({"Snapshot": "first"})
    ui.submit()
    ui.sees_state("Completed", within_s=WORK_S)
    assert find_snapshot(Lake.open(station.lake), "first").promoted_at

    proposing = deployment_id(client, "propose-training")
    wait_until(lambda: bool(runs_of(client, proposing)), 60)  # the chain starts it
    (proposal,) = runs_of(client, proposing)
    ui.open_run(proposal.id).sees_state("Suspended", within_s=WORK_S)
    ui.open_artifact("snapshot-report")
    assert ui.pictures_shown()
    ui.picture("snapshot-report")
    ui.open_run(proposal.id).press("Resume")
    ui.choose("Decision", "approve")
    ui.fill({"Comment": "hands look right"})
    ui.picture("approval")
    ui.press("Submit")
    ui.sees_state("Completed", within_s=WORK_S)
    message = client.read_flow_run(proposal.id).state.message
    assert "approved" in message
    assert "hands look right" in message
    ui.picture("approved")


def deployment_id(client: SyncPrefectClient, name: str) -> UUID:
    return client.read_deployment_by_name(f"{name}/{name}").id


def progress_of(client: SyncPrefectClient, run_id: UUID) -> float:
    """Percent, as the run's artifact says; 0 before it does."""
    wanted = ArtifactFilter(
        key=ArtifactFilterKey(any_=["progress"]), flow_run_id=ArtifactFilterFlowRunId(any_=[run_id])
    )
    return max(
        (float(artifact.data) for artifact in client.read_artifacts(artifact_filter=wanted)), default=0
    )


def tasks_of(client: SyncPrefectClient, run_id: UUID) -> list[str]:
    """Names of the run's tasks."""
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
    return [task.name for task in client.read_task_runs(flow_run_filter=wanted)]


def runs_of(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """The newest first."""
    wanted = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]))
    return sorted(client.read_flow_runs(flow_run_filter=wanted), key=lambda run: run.created, reverse=True)


def processes_of_runs(station: StationConfig) -> set[psutil.Process]:
    """The worker's children, and what works for them on the Ray head; Ray's idle workers come and go."""
    record = read_record(station.state)
    children = {
        name: psutil.Process(record.find(name).pid).children(recursive=True) for name in ("worker", "ray")
    }
    return {*children["worker"], *filter(is_at_work, children["ray"])}


def is_at_work(process: psutil.Process) -> bool:
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "guard_child" in command or (command.startswith("ray::") and "IDLE" not in command)


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.3)
