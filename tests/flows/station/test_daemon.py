import os
import sys
import time
from dataclasses import replace

import psutil
import pytest

from flows.station.daemon import own_environment, start

_SLEEP = (sys.executable, "-c", "import time; print('here I am', flush=True); time.sleep(60)")
_STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)


@pytest.fixture
def started(tmp_path):
    """Starts a program as a daemon; it is killed after the test."""
    daemons = []

    def start_one(command=_SLEEP):
        daemons.append(start("sleeper", command, os.environ, tmp_path / "log", tmp_path))
        return daemons[-1]

    yield start_one
    for daemon in daemons:
        if process := daemon.process():
            process.kill()
            process.wait(10)


def _said(daemon, words):
    ends_at = time.monotonic() + 20
    while words not in daemon.last_words():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def test_a_daemon_lives_in_a_session_of_its_own_and_its_words_are_kept(started):
    daemon = started()
    _said(daemon, "here I am")
    assert daemon.is_alive
    assert os.getsid(daemon.pid) == daemon.pid


def test_a_daemon_that_is_stopped_is_dead(started):
    daemon = started()
    assert daemon.stop(patience_s=10)
    assert not daemon.is_alive
    assert daemon.stop(patience_s=0)


def test_a_daemon_that_does_not_listen_is_told_of(started):
    daemon = started(_STUBBORN)
    _said(daemon, "deaf")
    assert not daemon.stop(patience_s=0.2)
    assert daemon.is_alive


def test_another_program_that_got_the_pid_is_neither_alive_nor_stopped(started):
    daemon = started()
    earlier = replace(daemon, started_at=daemon.started_at - 100)
    assert not earlier.is_alive
    assert earlier.stop(patience_s=0)
    assert psutil.Process(daemon.pid).is_running()


def test_what_the_user_says_of_other_servers_is_not_the_stations(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example.org/api")
    monkeypatch.setenv("RAY_ADDRESS", "ray.example.org:6379")
    monkeypatch.setenv("AWS_PROFILE", "lakes")
    environment = own_environment()
    assert "PREFECT_API_URL" not in environment
    assert "RAY_ADDRESS" not in environment
    assert environment["AWS_PROFILE"] == "lakes"
