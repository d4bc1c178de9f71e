"""A run's page as Prefect's server has it, after real runs over Ray (flows.run_page.watching)."""

import logging
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.context import FlowRunContext
from prefect.logging.handlers import APILogWorker
from prefect.testing.utilities import prefect_test_harness

from datasets.talker import write_talker
from flows import progress
from flows.ingest import ingest
from flows.ingest_config import IngestConfig
from flows.reannotate import reannotate
from flows.reannotation.config import ReannotateConfig
from flows.run_page import worker_log
from flows.run_page.watching import watching
from tests.flows.stale_lakes import stale_lake

START_S = 300  # shared machines are slow


def test_outside_a_flow_run_it_does_nothing():
    with watching("videos"):
        assert isinstance(progress.current(), progress.Silent)
        worker_log.current().info("unheard")


@pytest.fixture(scope="module")
def _server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=START_S):
        yield


@pytest.fixture
def _logs_as_in_a_worker(_server) -> Iterator[None]:
    logger = logging.getLogger("prefect")
    before = logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(before)


def progress_of(flow_run_id: UUID) -> tuple[float, str]:
    """Of its one artifact of that key."""
    wanted = ArtifactFilter(
        flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]), key=ArtifactFilterKey(any_=["progress"])
    )
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(artifact_filter=wanted)
    assert artifact.type == "progress"
    return artifact.data, artifact.description


def log_of(flow_run_id: UUID) -> list[tuple[int, str]]:
    """(level, text) of the lines on the run's page, its tasks' among them."""
    APILogWorker.drain_all(timeout=20)
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        return [(line.level, line.message) for line in client.read_logs(wanted, limit=200)]


def tasks_of(flow_run_id: UUID) -> list[str]:
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        return sorted(run.name for run in client.read_task_runs(flow_run_filter=wanted))


class Bar(progress.Silent):
    """Whoever listened before."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.known, self.clips, self.frames, self.units = 0, 0, 0, 0.0

    def skipped(self, units: int) -> None:
        self.known += units

    def made(self, clips: int, frames: int, units: float) -> None:
        self.clips, self.frames, self.units = self.clips + clips, self.frames + frames, self.units + units

    def advanced(self, done: int, note: str = "") -> None:
        self.done.append(done)


@pytest.mark.slow
@pytest.mark.usefixtures("_server")
def test_a_run_that_is_tried_again_keeps_its_one_artifact_and_the_bar_hears_too():
    ids = []

    @flow(retries=1)
    def fails_once() -> None:
        run = FlowRunContext.get()
        ids.append(run.flow_run.id)
        with watching("videos"):
            progress.current().started(4)
            progress.current().advanced(len(ids))
            if len(ids) == 1:
                raise ValueError

    with progress.listening(bar := Bar()):
        fails_once()
    assert bar.done == [1, 2]
    assert ids[0] == ids[1]
    assert progress_of(ids[0]) == (100.0, "2 of 4 videos")


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_as_in_a_worker")
def test_an_ingest_fills_its_bar_and_tells_of_each_video_and_commit(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    write_talker(source / "talker.mp4", seconds=5, shots=2)
    shutil.copy(source / "talker.mp4", source / "talker-again.mp4")
    (source / "broken.mp4").write_bytes(b"\x00" * 5000)
    config = IngestConfig(source=str(source), lake=str(tmp_path / "lake"), annotators=(), videos_per_shard=2)
    with progress.listening(bar := Bar()):
        state = ingest(config, return_state=True)
    assert state.is_completed()
    assert (bar.known, bar.clips, bar.frames) == (1, 2, 125)  # 5 s at 25 Hz
    assert bar.units == pytest.approx(2)  # the talker, and the file that is no video
    run_id = state.state_details.flow_run_id
    percent, sentence = progress_of(run_id)
    assert percent == 100.0
    assert sentence == "3 of 3 videos; 2 of 2 clips kept"
    assert tasks_of(run_id) == ["shard-0000", "shard-0001"]
    lines = log_of(run_id)
    assert any(re.fullmatch(r"3 videos in 2 shards; Ray has \d+ CPUs? on 1 node", text) for _, text in lines)
    assert any(re.fullmatch(r"talker(-again)?\.mp4: 5 s, 2 of 2 clips to make", text) for _, text in lines)
    (quarantined,) = [text for level, text in lines if level == logging.WARNING and "broken.mp4: " in text]
    assert quarantined.startswith("broken.mp4: quarantined as unreadable: cannot be opened")
    assert any(re.fullmatch(r"shard-000\d: 1 of [12] videos are known already", text) for _, text in lines)
    committed = [
        re.match(r"committed (\d+) clips and (\d+) videos; clips\.lance version", t) for _, t in lines
    ]
    assert [sum(int(found[n]) for found in committed if found) for n in (1, 2)] == [2, 2]


@pytest.mark.slow
@pytest.mark.usefixtures("_logs_as_in_a_worker")
def test_what_workers_log_is_in_the_runs_log_and_a_warning_once(tmp_path: Path):
    lake = stale_lake(tmp_path, 3, 2)
    annotator = "tests.flows.own_annotators:SpeechThatTalks"
    config = ReannotateConfig(lake=lake.uri, annotator=annotator, clips_per_shard=2)
    with progress.listening(bar := Bar()):
        state = reannotate(config, return_state=True)
    assert state.is_completed()
    assert (bar.clips, bar.frames, bar.units) == (5, 40, 5)
    run_id = state.state_details.flow_run_id
    assert progress_of(run_id) == (100.0, "5 of 5 clips")
    lines = log_of(run_id)
    node = f"node {platform.node()}"
    heard = [text for level, text in lines if level == logging.INFO and "listened to" in text]
    assert sorted(heard) == [
        *(f"clip clip000 and 2 more, {node}: listened to clip00{number}" for number in range(3)),
        *(f"clip clip003 and 1 more, {node}: listened to clip00{number}" for number in (3, 4)),
    ]
    warned = [text for level, text in lines if level == logging.WARNING]
    assert len([text for text in warned if f"{node}: microphone: the microphone is of" in text]) == 1
    assert len([text for text in warned if f"{node}: RuntimeWarning: the words are guessed" in text]) == 1
    assert len([text for text in warned if text.startswith("5 times: ")]) == 2
    assert (logging.INFO, "shard-0000: 3 clips annotated") in lines
    assert any(re.fullmatch(r"committed speech of 5 clips; clips\.lance version \d+", t) for _, t in lines)
