import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import psutil
import pytest

_PRINT = """
import os
from flows.environment import prepare_engines
prepare_engines()
print(os.environ.get("PREFECT_API_URL"))
"""


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    """The API address of a server that says it is well, as Prefect's does."""
    made = HTTPServer(("127.0.0.1", 0), _Healthy)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}/api"
    made.shutdown()
    made.server_close()


def _write_station(state, api_url, *, pid, started_at):
    server = {"name": "server", "pid": pid, "started_at": started_at, "log": "server.log"}
    told = {"ui_url": "", "api_url": api_url, "ray_address": "", "roots": [], "daemons": [server]}
    (state / "station.json").write_text(json.dumps(told))


def _server_of_a_command(state, **environment):
    """What a new command takes for its server."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", _PRINT],
        env={**clean, "EMO2_STATE": str(state), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _this_process():
    return {"pid": os.getpid(), "started_at": psutil.Process().create_time()}


def test_a_command_tells_its_runs_to_the_server_of_make_up(tmp_path, server):
    _write_station(tmp_path, server, **_this_process())
    assert _server_of_a_command(tmp_path) == server


def test_a_server_or_a_history_that_the_user_chose_wins(tmp_path, server):
    _write_station(tmp_path, server, **_this_process())
    chosen = "http://127.0.0.1:1/api"
    assert _server_of_a_command(tmp_path, PREFECT_API_URL=chosen) == chosen
    assert _server_of_a_command(tmp_path, PREFECT_HOME=str(tmp_path / "home")) == "None"


def test_a_station_whose_server_is_dead_or_silent_is_not_used(tmp_path, server):
    _write_station(tmp_path, server, pid=os.getpid(), started_at=1.0)  # another process has the pid by now
    assert _server_of_a_command(tmp_path) == "None"
    _write_station(tmp_path, "http://127.0.0.1:1/api", **_this_process())
    assert _server_of_a_command(tmp_path) == "None"


def test_without_a_station_there_is_no_server_to_tell(tmp_path):
    assert _server_of_a_command(tmp_path) == "None"


_SETTINGS = ("HF_HUB_OFFLINE", "RAY_idle_worker_killing_time_threshold_ms")


def _settings_of_a_command(state, **environment):
    imports = "import os; from flows.environment import prepare_engines; prepare_engines()"
    code = f"{imports}; print(*map(os.environ.get, {_SETTINGS}))"
    clean = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "EMO2_STATE": str(state), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_runs_ask_no_model_hub_and_keep_workers_that_wait(tmp_path):
    assert _settings_of_a_command(tmp_path) == ["1", "300000"]
    assert _settings_of_a_command(tmp_path, HF_HUB_OFFLINE="0") == ["0", "300000"]
