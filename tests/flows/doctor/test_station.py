"""Ports and programs of the station (flows.doctor.station)."""

import os
import socket
from collections.abc import Iterator

import psutil
import pytest

from flows.doctor.scope import Scope, scope_of
from flows.doctor.station import ports, station
from flows.station.daemon import Daemon
from flows.station.record import Record, write_record


@pytest.fixture
def listening(scope: Scope) -> Iterator[None]:
    """This process holds the port of the Prefect UI."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", scope.port))
        listener.listen()
        yield


def started(scope: Scope, daemon: Daemon) -> None:
    scope.state.mkdir()
    url = f"http://127.0.0.1:{scope.port}"
    write_record(scope.state, Record(url, f"{url}/api", f"127.0.0.1:{scope.ray_port}", daemons=(daemon,)))


def this_process(scope: Scope, name: str = "server") -> Daemon:
    return Daemon(name, os.getpid(), psutil.Process().create_time(), scope.state / "server.log")


def test_free_ports_are_in_order(scope):
    assert [(each.state, each.text) for each in ports(scope)] == [
        ("ok", f"{scope.port} is free"),
        ("ok", f"{scope.ray_port} is free"),
    ]


@pytest.mark.usefixtures("listening")
def test_a_port_that_another_program_holds_is_a_problem_that_names_it(scope):
    found = next(ports(scope))
    assert (found.what, found.state) == ("port of the Prefect UI", "problem")
    assert f"process {os.getpid()}" in found.text
    assert f"make up PORT={scope.port + 11}" in found.remedy


@pytest.mark.usefixtures("listening")
def test_a_port_of_the_station_is_in_order(scope):
    started(scope, this_process(scope))
    assert next(ports(scope)).text == f"{scope.port} is the station's"


@pytest.mark.usefixtures("listening")
def test_the_server_of_a_station_does_not_excuse_another_program(scope):
    started(scope, this_process(scope, name="worker"))
    assert next(ports(scope)).state == "problem"


def test_a_station_that_was_never_started_is_in_order(scope):
    (found,) = station(scope)
    assert found.state == "ok"


def test_a_program_of_the_station_that_ended_is_a_problem(scope):
    gone = Daemon("worker", os.getpid(), psutil.Process().create_time() - 60, scope.state / "worker.log")
    started(scope, gone)
    (found,) = station(scope)
    assert (found.state, "worker has ended" in found.text, "make up" in found.remedy) == (
        "problem",
        True,
        True,
    )


def test_a_record_that_cannot_be_read_counts_as_none(scope):
    scope.state.mkdir()
    (scope.state / "station.json").write_text("{")
    (found,) = station(scope)
    assert found.state == "ok"


def test_the_ports_are_those_of_the_station_unless_told(scope):
    started(scope, this_process(scope))
    ours = scope_of(state=scope.state, lake=None, port=None, ray_port=None)
    assert (ours.port, ours.ray_port) == (scope.port, scope.ray_port)
    assert scope_of(state=scope.state, lake=None, port=5001, ray_port=5002).port == 5001
    assert scope_of(state=scope.state / "none", lake=None, port=None, ray_port=None).port == 4200
