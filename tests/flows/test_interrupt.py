"""Stopping a real ingest, by the command a user types: no process is left, and the next run makes it whole."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from datasets.lake import Lake
from datasets.talker import write_talker

pytestmark = pytest.mark.slow
EMO2 = Path(sys.executable).with_name("emo2")
MARK = "EMO2_TEST_RUN"  # inherited by every process of a run, however it is adopted
START_S, END_S = 300.0, 60.0  # shared machines are slow


class Running:
    """`emo2 ingest` in a session of its own, as in a terminal; its processes are known by their environment."""

    def __init__(self, source: Path, lake: Path):
        self.mark = uuid4().hex
        self.process = subprocess.Popen(
            [EMO2, "ingest", source, "--lake", lake, "--annotators", ""],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, MARK: self.mark},
            start_new_session=True,
            preexec_fn=_take_ctrl_c,
        )

    def processes(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_mine(process)]

    def wait_for_guard(self) -> None:
        """Until untrusted media is open in a guarded child."""
        wait_until(lambda: any("guard_child" in " ".join(_command(p)) for p in self.processes()), START_S)

    def ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def terminate_group(self) -> None:
        """As a cancel in the Prefect UI does, which kills the group where it has not ended after 30 s."""
        os.killpg(self.process.pid, signal.SIGTERM)

    def finish(self) -> tuple[int, str]:
        """(exit code, stderr) of a run that has ended and left no process."""
        _, said = self.process.communicate(timeout=START_S)
        wait_until(lambda: not self.processes(), END_S)
        return self.process.returncode, said

    def _is_mine(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def _take_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores it


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def talker(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("talker") / "talker.mp4"
    write_talker(path, seconds=5, shots=2)
    return path


@pytest.fixture
def started(talker, tmp_path) -> Iterator[Callable[[], Running]]:
    """Starts ingests of the talker into one lake; whatever they leave is killed."""
    runs: list[Running] = []

    def start() -> Running:
        runs.append(Running(talker, tmp_path / "lake"))
        return runs[-1]

    yield start
    for run in runs:
        for process in run.processes():
            process.kill()


def states(lake: Lake) -> list[str]:
    rows = lake.table("runs").to_table(columns=["state", "started_at"]).to_pylist()
    return [row["state"] for row in sorted(rows, key=lambda row: row["started_at"])]


def assert_whole(lake: Lake) -> None:
    """The talker's two clips, once each, and its video."""
    clips = lake.table("clips").to_table(columns=["clip_id"])["clip_id"].to_pylist()
    media = lake.table("clip_media").to_table(columns=["clip_id"])["clip_id"].to_pylist()
    assert len(clips) == len(set(clips)) == 2
    assert sorted(media) == sorted(clips)
    assert lake.table("videos").count_rows() == 1
    done = max(lake.table("runs").to_table().to_pylist(), key=lambda row: row["started_at"])
    assert json.loads(done["counts"])["videos_ingested"] == 1


def test_ctrl_c_leaves_no_process_says_one_line_and_the_next_run_completes(started, tmp_path):
    run = started()
    run.wait_for_guard()
    run.ctrl_c()
    time.sleep(0.5)
    run.ctrl_c()  # the impatient second one
    code, said = run.finish()
    assert code == 130
    assert said.count("\n") == 1
    assert said.startswith("emo2: stopped")
    lake = Lake.open(tmp_path / "lake")
    assert states(lake) == ["cancelled"]

    assert started().finish()[0] == 0
    assert states(lake) == ["cancelled", "completed"]
    assert_whole(lake)


def test_a_sigterm_of_the_whole_group_ends_the_run_and_its_row_of_the_ledger(started, tmp_path):
    run = started()
    run.wait_for_guard()
    run.terminate_group()
    began = time.monotonic()
    code, said = run.finish()
    assert code == 143
    assert "emo2: stopped" in said  # its temporary Prefect server is hit too, and missed
    assert time.monotonic() - began < 30
    assert states(Lake.open(tmp_path / "lake")) == ["cancelled"]


def test_kill_9_leaves_no_process_and_the_next_run_makes_it_good(started, tmp_path):
    run = started()
    run.wait_for_guard()
    run.process.kill()
    assert run.finish()[0] == -signal.SIGKILL
    lake = Lake.open(tmp_path / "lake")
    assert states(lake) == ["running"]

    assert started().finish()[0] == 0
    assert states(lake) == ["failed", "completed"]
    assert_whole(lake)


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_counted_twice(started, tmp_path):
    run = started()
    run.wait_for_guard()
    guard = next(p for p in run.processes() if "guard_child" in " ".join(_command(p)))
    guard.parent().kill()
    wait_until(lambda: not guard.is_running(), END_S)
    assert run.finish()[0] == 0
    assert_whole(Lake.open(tmp_path / "lake"))
