"""Whether a run is still at work (flows.liveness)."""

import multiprocessing
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datasets.lake import Lake, LakeError
from datasets.locks.file_lock import is_locked
from datasets.rows import table_of
from flows import liveness
from flows.liveness import alive, is_alive

SPAWN = multiprocessing.get_context("spawn")
NOW = datetime.now(UTC)


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def row(run_id: str, state: str = "running", **more) -> dict:
    return {"run_id": run_id, "state": state, "started_at": NOW, "alive_until": None} | more


def be_alive(lake: Lake, run_id: str, said) -> None:
    with alive(lake, run_id):
        said.set()
        time.sleep(600)


def test_a_run_of_this_process_is_alive_until_it_ends(lake):
    with alive(lake, "mine"), alive(lake, "other"):
        assert is_alive(lake, row("mine"))
        assert not is_alive(lake, row("unknown"))
    assert not is_alive(lake, row("mine"))
    assert not list(Path(lake.uri, ".runs").iterdir())


def test_a_run_that_has_ended_is_not_alive_though_its_process_is(lake):
    with alive(lake, "mine"):
        assert not is_alive(lake, row("mine", state="completed"))


def test_a_run_of_another_process_is_alive_until_it_is_killed(lake):
    said = SPAWN.Event()
    process = SPAWN.Process(target=be_alive, args=(lake, "theirs", said), daemon=True)
    process.start()
    assert said.wait(60)
    assert is_alive(lake, row("theirs"))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not is_alive(lake, row("theirs"))


def test_many_who_ask_at_once_do_not_take_each_other_for_the_run(tmp_path):
    path = tmp_path / "run"
    path.touch()
    answers: list[bool] = []
    asking = [
        threading.Thread(target=lambda: answers.extend(is_locked(path) for _ in range(2000)))
        for _ in range(4)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert answers == [False] * 8000


def test_a_lake_that_cannot_be_written_to_is_named(lake):
    Path(lake.uri, ".runs").touch()
    with pytest.raises(LakeError, match="cannot write to the lake at"), alive(lake, "mine"):
        pass


@pytest.mark.parametrize(
    ("facts", "expected"),  # times in minutes from now
    [
        ({"started_at": 0}, True),  # it has not renewed yet
        ({"started_at": -6}, False),
        ({"alive_until": 4}, True),
        ({"alive_until": -1}, False),
        ({"alive_until": 4, "state": "failed"}, False),
    ],
)
def test_in_an_object_store_a_run_is_alive_as_long_as_it_said(facts, expected):
    now = datetime.now(UTC)
    times = {name: now + timedelta(minutes=fact) for name, fact in facts.items() if isinstance(fact, int)}
    assert is_alive(Lake("s3://bucket/lake"), row("theirs", **(facts | times))) is expected


def test_in_an_object_store_a_run_renews_its_row_and_leaves_one_that_has_ended(store, monkeypatch):
    monkeypatch.setattr(liveness, "_BEAT_S", 0.1)
    lake = Lake.open(store.uri("liveness"), create=True, storage_options=store.options)
    long_ago = NOW - timedelta(hours=1)
    rows = [row("mine", started_at=long_ago), row("ended", "failed", started_at=long_ago), row("theirs")]
    lake.upsert("runs", table_of("runs", rows), on="run_id")
    assert not is_alive(lake, rows[0])
    with alive(lake, "mine"), alive(lake, "ended"):
        time.sleep(2)
    found = {row["run_id"]: row for row in lake.table("runs").to_table().to_pylist()}
    assert is_alive(lake, found["mine"])
    assert found["ended"]["alive_until"] is found["theirs"]["alive_until"] is None
    assert len(lake.table("runs").get_fragments()) <= 3  # a renewed row takes the place of the old one


def test_a_run_that_ends_while_it_is_renewed_stays_ended(store, monkeypatch):
    monkeypatch.setattr(liveness, "_BEAT_S", 0.2)
    lake = Lake.open(store.uri("liveness"), create=True, storage_options=store.options)
    for turn in range(4):
        with alive(lake, f"run-{turn}"):
            for state in ("running", "completed"):
                lake.upsert("runs", table_of("runs", [row(f"run-{turn}", state)]), on="run_id")
                time.sleep(0.35)
    states = lake.table("runs").to_table(filter="starts_with(run_id, 'run-')")["state"].to_pylist()
    assert states == ["completed"] * 4
