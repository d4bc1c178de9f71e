"""One committer a lake (datasets.locks.commit_lock)."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def lake(tmp_path) -> Lake:
    (tmp_path / "lake").mkdir()
    return Lake(str(tmp_path / "lake"))


def add(lake: Lake, counter: Path, times: int) -> None:
    """Read, wait, write: additions are lost wherever two do it at once."""
    for _ in range(times):
        with committing(lake):
            number = int(counter.read_text())
            time.sleep(0.001)
            counter.write_text(str(number + 1))


def hold(lake: Lake, said) -> None:
    with committing(lake):
        said.set()
        time.sleep(600)


def held_by_another(lake: Lake):
    said = SPAWN.Event()
    process = SPAWN.Process(target=hold, args=(lake, said), daemon=True)
    process.start()
    assert said.wait(60)
    return process


def count(lake: Lake, counter: Path, *, processes: int, threads: int, times: int) -> int:
    counter.write_text("0")
    workers = [SPAWN.Process(target=add, args=(lake, counter, times)) for _ in range(processes)]
    workers += [threading.Thread(target=add, args=(lake, counter, times)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return int(counter.read_text())


def test_processes_and_threads_exclude_each_other(lake, tmp_path):
    assert count(lake, tmp_path / "counter", processes=2, threads=2, times=50) == 200


@pytest.mark.slow
def test_processes_and_threads_exclude_each_other_in_an_object_store(store, tmp_path):
    lake = Lake(store.uri("committing"), store.options)
    assert count(lake, tmp_path / "counter", processes=2, threads=1, times=8) == 24


def test_a_killed_holder_holds_nothing(lake):
    process = held_by_another(lake)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with committing(lake, patience_s=1):
        pass


def test_who_loses_patience_is_told_who_held_the_lake(lake):
    process = held_by_another(lake)
    try:
        with (
            pytest.raises(LakeError, match=f"process {process.pid} .* has been committing"),
            committing(lake, patience_s=0.2),
        ):
            pass
    finally:
        process.kill()
        process.join()


def test_entering_twice_is_told_rather_than_waited_for(lake):
    with committing(lake), pytest.raises(RuntimeError, match="entered twice"), committing(lake):
        pass


def test_a_lake_that_cannot_be_written_to_is_named(lake):
    (Path(lake.uri) / ".committing").mkdir()
    with pytest.raises(LakeError, match="cannot write to the lake at"), committing(lake):
        pass


def test_a_bucket_that_is_not_there_is_named(store):
    lake = Lake("s3://no-such-bucket/lake", store.options)
    with pytest.raises(LakeError, match="cannot write to the lake at s3://no-such-bucket"), committing(lake):
        pass


@pytest.mark.parametrize("kind", ["folder", "object store"])
def test_an_error_inside_comes_out_as_it_is_and_frees_the_lake(kind, lake, store):
    lake = lake if kind == "folder" else Lake(store.uri("failing"), store.options)
    with pytest.raises(OSError, match="disk full"), committing(lake):
        raise OSError("disk full")
    with committing(lake, patience_s=1):
        pass
