"""One real station: a Prefect server, a Ray head and a worker; these tests share it, and change it in their order."""

import ipaddress
import json
import os
import shutil
import signal
import socket
import urllib.request

import psutil
import pytest
import yaml

from flows.station.api import ask
from flows.station.config import StationConfig, ray_folder
from flows.station.down import take_down
from flows.station.engines import CHECKOUT
from flows.station.family import members
from flows.station.ports import free_port
from flows.station.record import read_record
from flows.station.register import register
from flows.station.up import bring_up
from tests.flows.station.server_questions import (
    deploy_waiting_flow,
    deployment,
    read,
    start_waiting_run,
    state_of,
    wait_until,
)

pytestmark = pytest.mark.slow

_PROPOSE = "emo2: propose a training when a snapshot is promoted"


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """A station at work, with everything registered; its folder's path is longer than a socket's may be."""
    state = tmp_path_factory.mktemp("station") / ("long" * 20) / "state"
    config = StationConfig(port=free_port(), ray_port=free_port(), state=state, lake="/lakes/first")
    try:
        bring_up(config)
        register(config)
        yield config
    finally:
        take_down(state)
        shutil.rmtree(state, ignore_errors=True)


def _pids(config):
    return {daemon.name: daemon.pid for daemon in read_record(config.state).alive}


def _are_gone(pids):
    return not any(psutil.pid_exists(pid) for pid in pids)


def test_everything_that_prefect_yaml_declares_is_registered(station):
    declared = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text())["deployments"]
    for each in declared:
        known = deployment(station, each["name"])
        assert known["work_pool_name"] == "local"
        assert known["parameters"]["config"]["lake"] == "/lakes/first"
        slugs = {schedule["slug"] for schedule in each.get("schedules", [])}
        assert {schedule["slug"] for schedule in known["schedules"]} == slugs
        assert not any(schedule["active"] for schedule in known["schedules"])


def test_everything_listens_on_loopback_alone(station):
    listening = [
        connection
        for process in members(station.state, read_record(station.state).daemons)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN or connection.type == socket.SOCK_DGRAM
    ]
    ports = {connection.laddr.port for connection in listening}
    assert {station.port, station.ray_port} <= ports
    for connection in listening:
        address = ipaddress.ip_address(connection.laddr.ip)
        plain = getattr(address, "ipv4_mapped", None) or address
        assert plain.is_loopback, connection


def test_the_ui_asks_the_server_of_its_own_port(station):
    with urllib.request.urlopen(f"{station.ui_url}/ui-settings") as reply:
        assert json.loads(reply.read())["api_url"] == station.api_url


def test_a_second_start_finds_everything_at_work(station):
    before = _pids(station)
    said = []
    bring_up(station, told=said.append)
    assert _pids(station) == before
    assert sorted(said) == ["ray: at work already", "server: at work already", "worker: at work already"]


def test_what_a_person_set_in_the_ui_survives_a_registration_and_the_rest_follows_it(station):
    known = deployment(station, "reannotate")
    path = f"deployments/{known['id']}"
    _set_schedule(station, known, "nightly-hands", active=True)
    _set_schedule(
        station, known, "nightly-body", schedule={"cron": "30 3 * * *", "timezone": "Europe/Berlin"}
    )
    ask(station.api_url, f"{path}/schedules", [{"schedule": {"interval": 3600}, "active": False}])
    parameters = {"config": {**known["parameters"]["config"], "limit": 7}}
    ask(station.api_url, path, {"parameters": parameters}, method="PATCH")
    proposal = _automation(station)
    assert proposal["enabled"]
    ask(station.api_url, f"automations/{proposal['id']}", {"enabled": False}, method="PATCH")

    register(station.model_copy(update={"lake": "/lakes/second"}))

    after = deployment(station, "reannotate")
    assert after["parameters"] == {"config": {**parameters["config"], "lake": "/lakes/second"}}
    found = {each["slug"]: each for each in after["schedules"]}
    assert found["nightly-hands"]["active"]
    assert found["nightly-hands"]["parameters"]["config"]["lake"] == "/lakes/second"
    assert found["nightly-body"]["schedule"]["cron"] == "30 3 * * *"
    assert not found["nightly-body"]["active"]
    assert found[None]["schedule"]["interval"] == 3600
    assert not _automation(station)["enabled"]


def _set_schedule(config, known, slug, **change):
    """As the UI does it: the whole schedule, since what is left out is lost."""
    schedule = next(each for each in known["schedules"] if each["slug"] == slug)
    whole = {name: schedule[name] for name in ("slug", "schedule", "parameters", "active")}
    path = f"deployments/{known['id']}/schedules/{schedule['id']}"
    ask(config.api_url, path, {**whole, **change}, method="PATCH")


def _automation(config):
    found = ask(config.api_url, "automations/filter", {})
    return next(each for each in found if each["name"] == _PROPOSE)


def test_a_cancelled_run_ends_as_cancelled_and_leaves_no_process(station, tmp_path):
    run, pids = start_waiting_run(station, deploy_waiting_flow(station), tmp_path / "run")
    ask(station.api_url, f"flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})
    wait_until(lambda: state_of(station, run)["type"] == "CANCELLED")
    wait_until(lambda: _are_gone(pids), within_s=10)


def test_a_killed_program_is_started_again_and_its_runs_get_a_true_end(station, tmp_path):
    run, pids = start_waiting_run(station, deploy_waiting_flow(station), tmp_path / "run")
    before = _pids(station)
    for name in ("worker", "ray"):
        os.kill(before[name], signal.SIGKILL)
    wait_until(lambda: set(_pids(station)) == {"server"})
    bring_up(station)
    after = _pids(station)
    assert after["server"] == before["server"]
    assert not {after["worker"], after["ray"]} & set(before.values())
    assert _are_gone(pids)
    assert state_of(station, run)["type"] == "CRASHED"
    assert "Retry" in state_of(station, run)["message"]


def test_down_leaves_no_process_and_up_again_finds_the_history(station, tmp_path):
    run, pids = start_waiting_run(station, deploy_waiting_flow(station), tmp_path / "run")
    processes = members(station.state, read_record(station.state).daemons)
    assert {*pids, *_pids(station).values()} <= {process.pid for process in processes}

    stopped = take_down(station.state)

    assert set(stopped.programs) == {"server", "ray", "worker"}
    assert stopped.runs == 1
    assert not [process for process in processes if process.is_running()]
    assert not ray_folder(station.state).exists()
    bring_up(station)
    state = state_of(station, run)
    assert state["type"] == "CANCELLED"
    assert "make down" in state["message"]
    assert not read(station, "work_pools/local")["is_paused"]
    assert deployment(station, "ingest")["parameters"]["config"]["lake"] == "/lakes/second"
