"""What `make up` started, and whether its ports can be had."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import psutil

from flows.doctor.finding import Finding, ok, problem
from flows.doctor.scope import Scope
from flows.station.config import HOST

_UP = "run `make up`"


def station(scope: Scope) -> Iterator[Finding]:
    """Whether what was started is still at work."""
    record = scope.station
    if record is None:
        yield ok("station", f"not started in {scope.state}: `make up` starts server, Ray and worker")
        return
    for daemon in record.daemons:
        if daemon.is_alive:
            yield ok("station", f"{daemon.name} at work, process {daemon.pid}")
        else:
            told = f"{daemon.name} has ended; its last words are in {daemon.log}"
            yield problem("station", told, f"{_UP} again: it starts what is missing")


def ports(scope: Scope) -> Iterator[Finding]:
    """Free, or held by the station."""
    record = scope.station
    ours = {"server": record.api_url, "ray": record.ray_address} if record else {}
    for what, name, port, option in (
        ("port of the Prefect UI", "server", scope.port, "PORT"),
        ("port of Ray", "ray", scope.ray_port, "RAY_PORT"),
    ):
        if not _is_taken(port):
            yield ok(what, f"{port} is free")
        elif record and record.find(name) and f":{port}" in ours[name]:
            yield ok(what, f"{port} is the station's")
        else:
            remedy = f"choose another, as in `make up {option}={port + 11}`, or end that program"
            yield problem(what, f"{port} of {HOST} is taken by {_holder(port)}", remedy)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was just closed is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _holder(port: int) -> str:
    """The program, as far as this user may see it."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, process {connection.pid}"
    return "another program"
