"""The server of compose.yaml at work: PostgreSQL with a password, authentication, backups."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.deploy.files import DEPLOY, ROOT, compose, documents
from tests.deploy.shared_server import (
    BIN,
    SharedServer,
    database_environment,
    free_port,
    make_secrets,
    postgres,
    postgres_folder,
    prefect_server,
    query,
    service_environment,
    status,
    wait_for,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(postgres_folder() is None, reason="PostgreSQL (initdb) is not installed"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedServer]:
    folder = tmp_path_factory.mktemp("shared-server")
    secrets = make_secrets(folder)
    with postgres(secrets) as database_port, prefect_server(folder, secrets, database_port) as started:
        yield started


def basic(string: str) -> str:
    return "Basic " + base64.b64encode(string.encode()).decode()


class Client:
    """The command line `prefect` as the worker's container runs it."""

    def __init__(self, server: SharedServer, **settings: str):
        self.server = server
        self.home = server.log.parent / "client"
        self.environment = service_environment(
            "worker",
            server.secrets,
            PREFECT_HOME=str(self.home),
            **{"PREFECT_API_URL": server.api_url} | settings,
        )

    def prefect(
        self, *arguments: str, folder: Path | None = None, authenticated: bool = True
    ) -> subprocess.CompletedProcess[str]:
        unsaid = () if authenticated else ("PREFECT_API_AUTH_STRING_FILE",)
        environment = {name: value for name, value in self.environment.items() if name not in unsaid}
        command = [DEPLOY / "entrypoint.sh", BIN / "prefect", "--no-prompt", *arguments]
        return subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120
        )


HELLO = """
from prefect import flow, get_run_logger

@flow
def hello():
    get_run_logger().info("{word}")
"""

DEPLOYMENT = """
name: tried
deployments:
  - name: hello
    entrypoint: hello.py:hello
    work_pool: {name: tried}
"""


def test_only_the_probe_of_health_answers_without_the_string(server: SharedServer):
    listing = f"{server.api_url}/work_pools/filter"
    right = basic(server.secret("prefect_auth"))
    assert status(f"{server.api_url}/health") == 200
    assert status(listing, body=b"{}") == 401
    assert status(listing, body=b"{}", authorization=basic("emo2:guessed")) == 401
    assert status(listing, body=b"{}", authorization=right) == 200


def test_prefects_client_works_with_the_string_and_not_without(server: SharedServer):
    refused = Client(server).prefect("work-pool", "create", "local", "--type", "process", authenticated=False)
    assert refused.returncode != 0
    assert (
        query(server.database_port, server.secrets, "SELECT count(*) FROM work_pool WHERE name = 'local'")
        == "0"
    )

    made = Client(server).prefect("work-pool", "create", "local", "--type", "process", "--overwrite")
    assert made.returncode == 0, made.stderr
    # and what it made is in PostgreSQL
    assert (
        query(server.database_port, server.secrets, "SELECT type FROM work_pool WHERE name = 'local'")
        == "process"
    )


def test_the_ui_asks_for_the_string_and_calls_the_address_of_the_proxy(server: SharedServer):
    with httpx.Client(trust_env=False, base_url=f"http://127.0.0.1:{server.port}") as client:
        settings = client.get("/ui-settings").json()
        assert (
            settings["api_url"] == compose()["services"]["server"]["environment"]["PREFECT_SERVER_UI_API_URL"]
        )
        assert settings["auth"] == "BASIC"  # the UI asks for the string
        assert "<html" in client.get("/").text


def test_no_secret_is_in_the_log(server: SharedServer):
    log = server.log.read_text()
    assert log
    secrets = [server.secret(name).removeprefix("emo2:") for name in ("postgres_password", "prefect_auth")]
    assert [secret for secret in secrets if secret in log] == []


def test_the_database_refuses_without_the_password(server: SharedServer):
    programs = postgres_folder()
    assert programs
    environment = database_environment(server.database_port, server.secrets) | {"PGPASSWORD": "guessed"}
    command = [programs / "psql", "--dbname", "prefect", "--command", "SELECT 1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "password authentication failed" in done.stderr


def test_a_backup_can_be_restored_elsewhere(server: SharedServer, tmp_path: Path):
    Client(server).prefect("work-pool", "create", "kept", "--type", "process")
    programs = postgres_folder()
    assert programs
    # `docker compose exec --no-TTY postgres PROGRAM ...` becomes `PROGRAM ...`
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\nshift 4\nexec {programs}/"$@"\n')
    docker.chmod(0o755)
    shutil.copy(DEPLOY / "compose" / "backup.sh", tmp_path)
    environment = database_environment(server.database_port, server.secrets)
    environment["PATH"] = f"{docker.parent}:{os.environ['PATH']}"

    done = subprocess.run(
        [tmp_path / "backup.sh"], env=environment, capture_output=True, text=True, check=True
    )
    file = tmp_path / done.stdout.strip()

    assert file.stat().st_mode & 0o077 == 0
    assert query(server.database_port, server.secrets, "CREATE DATABASE restored") is not None
    restore = [
        "pg_restore",
        "-U",
        "prefect",
        "-d",
        "restored",
        "--clean",
        "--if-exists",
        "--single-transaction",
    ]
    command = [docker, "compose", "exec", "--no-TTY", "postgres", *restore]
    with file.open("rb") as stream:
        subprocess.run(command, stdin=stream, env=environment, check=True, capture_output=True)
    count = "SELECT count(*) FROM work_pool WHERE name = 'kept'"
    assert query(server.database_port, server.secrets, count, database="restored") == "1"


class Proxy(NamedTuple):
    url: str
    root: Path  # of the authority that signed its certificate


@pytest.fixture(scope="module")
def proxy(server: SharedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The Caddyfile at work, with a certificate authority of its own."""
    caddy = shutil.which("caddy")
    if not caddy:
        pytest.skip("caddy is not installed")
    port, folder = free_port(), tmp_path_factory.mktemp("caddy")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    environment |= {"EMO2_HOST": "localhost", "EMO2_PROXY_PORT": str(port)}
    environment |= {"EMO2_UPSTREAM": f"127.0.0.1:{server.port}"}
    command = [caddy, "run", "--adapter", "caddyfile", "--config", str(DEPLOY / "compose" / "Caddyfile")]
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=folder)
        try:
            root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
            wait_for(root.exists, process, log)
            yield Proxy(f"https://localhost:{port}", root)
        finally:
            process.terminate()
            process.wait(30)


def test_through_the_proxy_tls_is_checked_and_the_string_still_asked_for(server: SharedServer, proxy: Proxy):
    listing, right = f"{proxy.url}/api/work_pools/filter", basic(server.secret("prefect_auth"))
    with httpx.Client(trust_env=False, verify=str(proxy.root)) as trusting:
        assert trusting.post(listing, json={}).status_code == 401
        answered = trusting.post(listing, json={}, headers={"Authorization": right})
        assert answered.status_code == 200
        assert answered.headers["strict-transport-security"] == "max-age=31536000"
    with httpx.Client(trust_env=False) as distrusting, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        distrusting.post(listing, json={})
    with httpx.Client(trust_env=False) as plain:
        assert plain.get(proxy.url.replace("https", "http")).status_code == 400  # TLS only


@pytest.fixture(params=["on the server's machine", "elsewhere, through TLS"])
def worker(request: pytest.FixtureRequest, server: SharedServer) -> Client:
    """The settings of the service `worker`, and those of one on another machine."""
    if request.param == "on the server's machine":
        return Client(server, PREFECT_API_URL=server.api_url)
    proxy: Proxy = request.getfixturevalue("proxy")
    return Client(server, PREFECT_API_URL=f"{proxy.url}/api", PREFECT_API_SSL_CERT_FILE=str(proxy.root))


def test_one_command_registers_all_deployments_with_the_shared_server(server: SharedServer, tmp_path: Path):
    given = {"PREFECT_API_URL": server.api_url, "PREFECT_HOME": str(tmp_path / "prefect")}
    command = [DEPLOY / "entrypoint.sh", BIN / "emo2", "register"]  # as the service `register` does
    environment = service_environment("register", server.secrets, **given)
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    declared = {deployment["name"] for deployment in documents(ROOT / "prefect.yaml")[0]["deployments"]}
    stored = query(server.database_port, server.secrets, "SELECT name FROM deployment WHERE name <> 'hello'")
    assert set((stored or "").split()) == declared


def test_a_worker_runs_a_deployment_whose_log_arrives_in_the_database(worker: Client, tmp_path: Path):
    word = f"said {tmp_path.name}"
    (tmp_path / "hello.py").write_text(HELLO.format(word=word))
    (tmp_path / "prefect.yaml").write_text(DEPLOYMENT)
    server = worker.server
    worker.prefect("work-pool", "create", "tried", "--type", "process", "--overwrite")

    deployed = worker.prefect("deploy", "--all", folder=tmp_path)
    assert deployed.returncode == 0, deployed.stderr
    assert worker.prefect("deployment", "run", "hello/hello").returncode == 0
    worked = worker.prefect("worker", "start", "--pool", "tried", "--run-once", folder=tmp_path)
    assert worked.returncode == 0, worked.stderr

    states = "SELECT state_type FROM flow_run ORDER BY created DESC LIMIT 1"
    assert query(server.database_port, server.secrets, states) == "COMPLETED"
    logged = f"SELECT count(*) FROM log WHERE message = '{word}'"
    assert query(server.database_port, server.secrets, logged) == "1"
