"""PostgreSQL and the Prefect server as compose.yaml starts them, as plain processes on loopback."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.files import DEPLOY, ROOT, compose

BIN = Path(sys.executable).parent
START_S = 180.0
STOP_S = 30.0


@dataclass(frozen=True)
class SharedServer:
    """One that runs; `secrets` is the folder that make-secrets.sh made."""

    port: int
    database_port: int
    secrets: Path
    log: Path
    environment: Mapping[str, str] = field(repr=False)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def postgres_folder() -> Path | None:
    """Where initdb and postgres are, or None: not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def make_secrets(folder: Path) -> Path:
    shutil.copy(DEPLOY / "compose" / "make-secrets.sh", folder)
    subprocess.run([folder / "make-secrets.sh"], check=True, capture_output=True)
    return folder / "secrets"


def service_environment(name: str, secrets: Path, **replaced: str) -> dict[str, str]:
    """The environment of a service of compose.yaml, its secrets in files of this machine."""
    given = compose()["services"][name]["environment"] | replaced
    files = {key: value.replace("/run/secrets", str(secrets)) for key, value in given.items()}
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    image = {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }  # as the Containerfile sets them
    return kept | image | files


@contextmanager
def postgres(secrets: Path) -> Iterator[int]:
    """The port of a database `prefect` that asks for the password."""
    programs = postgres_folder()
    assert programs
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="emo2-postgres-", dir="/tmp"))
    password = folder / "password"
    shutil.copy(secrets / "postgres_password", password)
    if user:
        account = pwd.getpwnam(user)
        for path in (folder, password):
            os.chown(path, account.pw_uid, account.pw_gid)
    data, port = folder / "data", free_port()
    made = [programs / "initdb", "--pgdata", data, "--username=prefect", f"--pwfile={password}"]
    subprocess.run([*made, "--auth=scram-sha-256"], user=user, check=True, capture_output=True, cwd=folder)
    server = [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", ""]
    log = (folder / "log").open("w")
    process = subprocess.Popen(server, user=user, stdout=log, stderr=log, cwd=folder)
    try:
        wait_for(
            lambda: query(port, secrets, "CREATE DATABASE prefect", database="postgres") is not None, process
        )
        yield port
    finally:
        process.terminate()
        process.wait(STOP_S)
        log.close()
        shutil.rmtree(folder)


def database_environment(port: int, secrets: Path) -> dict[str, str]:
    """For psql and pg_dump, which are clients inside the container too."""
    password = (secrets / "postgres_password").read_text()
    return os.environ | {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGUSER": "prefect",
        "PGPASSWORD": password,
    }


def query(port: int, secrets: Path, sql: str, *, database: str = "prefect") -> str | None:
    """What psql answers, or None where it could not ask."""
    programs = postgres_folder()
    assert programs
    command = [programs / "psql", "--tuples-only", "--no-align", "--dbname", database, "--command", sql]
    environment = database_environment(port, secrets)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


@contextmanager
def prefect_server(folder: Path, secrets: Path, database_port: int) -> Iterator[SharedServer]:
    """The service `server`, started by its own command through the image's entrypoint."""
    port = free_port()
    service = compose()["services"]["server"]
    given = service_environment("server", secrets, PREFECT_HOME=str(folder / "prefect"))
    url = given["PREFECT_API_DATABASE_CONNECTION_URL"].replace("postgres:5432", f"127.0.0.1:{database_port}")
    environment = given | {"PREFECT_API_DATABASE_CONNECTION_URL": url}
    words = {"0.0.0.0": "127.0.0.1", "4200": str(port), "prefect": str(BIN / "prefect")}
    command = [DEPLOY / "entrypoint.sh", *(words.get(word, word) for word in service["command"])]
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=ROOT)
        try:
            wait_for(lambda: status(f"http://127.0.0.1:{port}/api/health") == 200, process, log)
            yield SharedServer(port, database_port, secrets, log, environment)
        finally:
            process.terminate()
            process.wait(STOP_S)


def wait_for(ready, process: subprocess.Popen, log: Path | None = None) -> None:
    """Until `ready()`; raises when the process ended, or after START_S."""
    deadline = time.monotonic() + START_S
    while not ready():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            raise AssertionError(f"{process.args} did not start: {log.read_text()[-2000:] if log else ''}")
        time.sleep(0.2)


def status(url: str, *, body: bytes | None = None, authorization: str | None = None) -> int:
    """The HTTP status of a GET, or of a POST of JSON; 0 where nobody listens."""
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": authorization} if authorization else {}
    )
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0
