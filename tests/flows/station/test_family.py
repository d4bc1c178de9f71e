import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from flows.station.daemon import start
from flows.station.family import MARK, end, members

_SLEEP = "import time; time.sleep(60)"
_PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {_SLEEP!r}], env={{}}, start_new_session=%s)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def station(tmp_path):
    """Starts a program of the station of `tmp_path` whose child carries no mark; gives it and the child's pid."""
    daemons = []

    def start_one(*, own_session=False, mark=tmp_path):
        log = tmp_path / f"log{len(daemons)}"
        command = (sys.executable, "-c", _PARENT % own_session)
        daemons.append(start("parent", command, {**os.environ, MARK: str(mark)}, log, tmp_path))
        ends_at = time.monotonic() + 20
        while not log.read_text().strip():
            assert time.monotonic() < ends_at
            time.sleep(0.05)
        return daemons[-1], int(log.read_text())

    yield start_one
    for daemon in daemons:
        end(members(tmp_path, [daemon]))


def _pids(processes):
    return {process.pid for process in processes}


def test_what_carries_the_mark_and_what_it_started_are_members(station, tmp_path):
    daemon, child = station(own_session=True)
    assert _pids(members(tmp_path)) == {daemon.pid, child}


def test_the_child_of_a_killed_program_is_a_member_by_its_session(station, tmp_path):
    daemon, child = station()
    os.kill(daemon.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(daemon.pid)], timeout=10)
    assert _pids(members(tmp_path, [daemon])) == {child}


def test_processes_of_another_station_are_no_members(station, tmp_path):
    other, child = station(mark=tmp_path / "other")
    assert not _pids(members(tmp_path)) & {other.pid, child}
    end(members(tmp_path / "other"))


def test_members_that_are_ended_are_gone_and_nobody_else(station, tmp_path):
    _, child = station(own_session=True)
    bystander = subprocess.Popen([sys.executable, "-c", _SLEEP])
    try:
        end(members(tmp_path))
        assert not members(tmp_path)
        assert not psutil.pid_exists(child)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
