"""A lock in an object store (datasets.locks.lease), mostly on a folder, where a cell works the same and faster."""

import multiprocessing
import os
import signal
import threading
import time
from datetime import timedelta

import pytest

from datasets.locks import lease_cell
from datasets.locks.lease import Lease, LeaseLost, LeaseTimeout, leased
from datasets.locks.lease_cell import LeaseCell

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def cell(tmp_path) -> LeaseCell:
    return LeaseCell(str(tmp_path / "cell"))


def hold(cell: LeaseCell, lease_s: float, said) -> None:
    with leased(cell, "the first", patience_s=5, lease_s=lease_s):
        said.set()
        time.sleep(600)


def held_by_another(cell: LeaseCell, lease_s: float):
    said = SPAWN.Event()
    process = SPAWN.Process(target=hold, args=(cell, lease_s, said), daemon=True)
    process.start()
    assert said.wait(60)
    return process


def test_a_cell_is_replaced_by_one_of_two_who_read_the_same_value(cell):
    first = cell.replace(None, "a", "ann", 1.0)
    assert first == cell.read()
    assert cell.replace(None, "b", "bob", 1.0) is None
    second = cell.replace(first, "b", "bob", 1.0)
    assert second.version == 2
    assert cell.replace(first, "c", "cyd", 1.0) is None
    assert cell.read() == second


def test_who_commits_so_late_that_it_fills_the_gap_of_a_cleaned_version_does_not_hold_the_lease(
    cell, monkeypatch
):
    monkeypatch.setattr(lease_cell, "_KEPT", timedelta(0))
    free, in_time = cell.replace(None, "", "", 1.0), LeaseCell._commit

    def commit_late(cell, wanted, read):
        monkeypatch.setattr(LeaseCell, "_commit", in_time)
        opened = cell._opened()
        second = cell.replace(read, "b", "bob", 9.0)
        cell.replace(second, "c", "cyd", 9.0)
        cell.clean()
        assert cell.read(second.version) is None
        in_time(LeaseCell(opened), wanted, read)
        assert cell.read(second.version) == wanted

    monkeypatch.setattr(LeaseCell, "_commit", commit_late)
    with pytest.raises(LeaseTimeout, match="cyd"), leased(cell, "late", patience_s=0.5):
        pass
    assert free.version == 1


def test_a_lease_is_renewed_for_as_long_as_it_is_held(cell):
    with leased(cell, "ann", patience_s=1, lease_s=0.6) as lease:
        for _ in range(4):
            time.sleep(0.5)
            lease.check()
        with pytest.raises(LeaseTimeout, match="ann"), leased(cell, "bob", patience_s=1.2):
            pass
    with leased(cell, "bob", patience_s=1):
        assert cell.read().holder == "bob"


def test_a_lease_whose_holder_was_killed_is_taken_over(cell):
    process = held_by_another(cell, lease_s=2.0)
    with pytest.raises(LeaseTimeout, match="the first"), leased(cell, "second", patience_s=1.0):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    killed_s = time.monotonic()
    with leased(cell, "second", patience_s=30):
        assert 1.0 < time.monotonic() - killed_s < 10


def stand_still_until_it_is_taken(cell: LeaseCell, lease: Lease) -> None:
    lease._ended.set()  # as if its threads had not run
    with leased(cell, "bob", patience_s=5):
        pass


def test_a_holder_that_stood_still_is_told_before_it_commits_and_at_the_end(cell):
    def commit_late() -> None:
        with leased(cell, "ann", patience_s=1, lease_s=0.6) as lease:
            stand_still_until_it_is_taken(cell, lease)
            with pytest.raises(LeaseLost):
                lease.check()
            seen.append("told before the commit")

    seen: list[str] = []
    with pytest.raises(LeaseLost):
        commit_late()
    assert seen


def test_no_commit_is_begun_in_the_last_third_of_a_lease(cell):
    with leased(cell, "ann", patience_s=1, lease_s=1.5) as lease:
        lease._ended.set()
        lease.check()
        time.sleep(1.1)
        with pytest.raises(LeaseLost):
            lease.check()


def test_the_error_of_what_was_done_inside_comes_before_the_loss_of_the_lease(cell):
    def fail_late() -> None:
        with leased(cell, "ann", patience_s=1, lease_s=0.3) as lease:
            stand_still_until_it_is_taken(cell, lease)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()


def test_threads_and_an_object_store_exclude_too(store):
    cell = LeaseCell(store.uri("cell"), store.options)
    inside, seen = 0, []

    def take() -> None:
        nonlocal inside
        for _ in range(3):
            with leased(cell, "a thread", patience_s=60) as lease:
                inside += 1
                seen.append(inside)
                time.sleep(0.01)
                lease.check()
                inside -= 1

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 9
