import os
import socket
from contextlib import closing

import psutil
import pytest

from flows.station.config import StationConfig
from flows.station.daemon import Daemon
from flows.station.down import take_down
from flows.station.ports import free_port
from flows.station.record import Record, write_record
from flows.station.up import StationError, bring_up


@pytest.fixture
def taken_port():
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_one_sentence_and_nothing_is_started(tmp_path, taken_port):
    config = StationConfig(port=taken_port, ray_port=free_port(), state=tmp_path)
    with pytest.raises(
        StationError, match=f"port {taken_port} of 127.0.0.1 is taken.*make up PORT="
    ) as refused:
        bring_up(config)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "logs").exists()


def test_a_taken_port_of_ray_is_found_before_the_server_is_started(tmp_path, taken_port):
    config = StationConfig(port=free_port(), ray_port=taken_port, state=tmp_path)
    with pytest.raises(StationError, match="make up RAY_PORT="):
        bring_up(config)
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("change", [{"port": 4999}, {"ray_port": 4999}, {"roots": ("/data",)}])
def test_a_station_at_work_is_not_moved_to_other_ports_or_roots(tmp_path, change):
    config = StationConfig(port=4201, ray_port=6401, state=tmp_path)
    this = Daemon("server", os.getpid(), psutil.Process().create_time(), tmp_path / "log")
    write_record(tmp_path, Record(config.ui_url, config.api_url, config.ray_address, (), (this,)))
    with pytest.raises(StationError, match=r"is at work on http://127.0.0.1:4201 .* run `make down` first"):
        bring_up(config.model_copy(update=change))


def test_where_nothing_is_at_work_nothing_is_stopped(tmp_path):
    stopped = take_down(tmp_path)
    assert stopped.programs == ()
    assert stopped.runs == 0
