"""Ray answers, or starts (flows.doctor.cluster)."""

import socket

import pytest

from flows.doctor import cluster
from flows.doctor.cluster import ray


def test_a_head_that_answers_is_in_order(scope, monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{listener.getsockname()[1]}")
        (found,) = ray(scope)
    assert found.state == "ok"


def test_a_head_that_does_not_answer_is_a_problem(scope, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{scope.ray_port}")
    (found,) = ray(scope)
    assert (found.state, f"127.0.0.1:{scope.ray_port}" in found.text) == ("problem", True)
    assert "RAY_ADDRESS" in found.remedy


def test_a_ray_that_does_not_start_is_told_by_its_last_words(scope, monkeypatch):
    monkeypatch.setattr(cluster, "_SCRIPT", "raise OSError('no room for sockets')")
    (found,) = ray(scope)
    assert (found.state, found.text) == ("problem", "it does not start here: OSError: no room for sockets")


def test_a_ray_that_starts_too_slowly_is_ended_and_a_warning(scope, monkeypatch, tmp_path):
    pid = tmp_path / "pid"
    monkeypatch.setattr(
        cluster,
        "_SCRIPT",
        "import subprocess, time\n"
        f"open({str(pid)!r}, 'w').write(str(subprocess.Popen(['sleep', '60']).pid))\ntime.sleep(60)",
    )
    monkeypatch.setattr(cluster, "_START_WITHIN_S", 3.0)
    (found,) = ray(scope)
    assert found.state == "warning"
    assert not _is_running(int(pid.read_text()))


def _is_running(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.slow
def test_without_an_address_a_ray_starts_here(scope, monkeypatch):
    monkeypatch.setattr(cluster, "_START_WITHIN_S", 120.0)
    (found,) = ray(scope)
    assert (found.state, found.text.startswith("starts here")) == ("ok", True)
