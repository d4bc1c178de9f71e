"""The Prefect server, as it answers (flows.doctor.server)."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from typing import Any

import pytest
import yaml

from flows.doctor.server import _DECLARED, prefect_server

DECLARED = [each["name"] for each in yaml.safe_load(_DECLARED.read_text())["deployments"]]
GOOD: dict[str, Any] = {
    "/api/admin/version": metadata.version("prefect"),
    "/api/work_pools/local": {"type": "process"},
    "/api/work_pools/local/workers/filter": [{"name": "station", "status": "ONLINE"}],
    "/api/deployments/filter": [{"name": name, "schedules": [{"active": False}]} for name in DECLARED],
}


@pytest.fixture
def answers(monkeypatch) -> Iterator[dict[str, Any]]:
    """What the server at PREFECT_API_URL says, by path; a number is a status, and other paths are not found."""
    said = dict(GOOD)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = said.get(self.path, 404)
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(answer if isinstance(answer, int) else 200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
    yield said
    server.shutdown()
    server.server_close()


def test_a_whole_server_is_in_order(scope, answers):
    found = list(prefect_server(scope))
    assert [each.state for each in found] == ["ok"] * 4
    assert found[-1].text == f"all {len(DECLARED)} of prefect.yaml, 0 schedules switched on"


def test_no_server_is_a_warning_where_none_was_asked_for_and_a_problem_elsewhere(scope, monkeypatch):
    (found,) = prefect_server(scope)
    assert (found.state, "make up" in found.remedy) == ("warning", True)
    monkeypatch.setenv("PREFECT_API_URL", f"http://ann:geheim@127.0.0.1:{scope.port}/api")
    (found,) = prefect_server(scope)
    assert found.state == "problem"
    assert "geheim" not in found.text


def test_another_version_is_a_warning(scope, answers):
    answers["/api/admin/version"] = "3.0.1"
    found = next(prefect_server(scope))
    assert (found.state, "Prefect 3.0.1" in found.text) == ("warning", True)


def test_a_server_that_wants_a_password_is_a_problem(scope, answers):
    answers["/api/admin/version"] = 401
    (found,) = prefect_server(scope)
    assert (found.state, found.remedy) == ("problem", "set PREFECT_API_AUTH_STRING")


def test_what_is_no_prefect_is_a_problem(scope, answers):
    del answers["/api/admin/version"]
    (found,) = prefect_server(scope)
    assert (found.state, "404" in found.text) == ("problem", True)


def test_a_missing_pool_is_a_problem(scope, answers):
    del answers["/api/work_pools/local"]
    found = {each.what: each for each in prefect_server(scope)}
    assert found["work pool"].state == "problem"
    assert "emo2 register" in found["work pool"].remedy
    assert found["deployments"].state == "ok"


@pytest.mark.parametrize("workers", [[], [{"name": "old", "status": "OFFLINE"}]])
def test_a_pool_without_a_worker_online_is_a_problem(scope, answers, workers):
    answers["/api/work_pools/local/workers/filter"] = workers
    found = {each.what: each for each in prefect_server(scope)}
    assert (found["worker"].state, "Late" in found["worker"].text) == ("problem", True)


def test_deployments_that_are_not_registered_are_named(scope, answers):
    answers["/api/deployments/filter"] = GOOD["/api/deployments/filter"][1:]
    found = {each.what: each for each in prefect_server(scope)}
    assert found["deployments"].text == f"not registered: {DECLARED[0]}"
