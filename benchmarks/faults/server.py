"""One Prefect server for the whole suite, so that a driver starts in seconds."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.faults.driver import wait_until

PREFECT = str(Path(sys.executable).with_name("prefect"))
_START_S = 180.0
_END_S = 20.0


@contextmanager
def engines() -> Iterator[Mapping[str, str]]:
    """The environment of drivers: the address of a server on loopback, and a short folder for what runs leave.

    A killed driver leaves Ray's sockets and its own scratch; all of it goes with the folder.
    """
    with tempfile.TemporaryDirectory(prefix="emo2-faults-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        env = {
            "PREFECT_HOME": f"{home}/prefect",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "DO_NOT_TRACK": "1",
            "TMPDIR": folder,
        }
        with _server(home, env) as address:
            yield env | {"PREFECT_API_URL": address}


@contextmanager
def _server(home: Path, env: Mapping[str, str]) -> Iterator[str]:
    port = str(_free_port())
    command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", port]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env, "PREFECT_SERVER_API_PORT": port},
            start_new_session=True,  # it must outlive a Ctrl-C until the last run has told it its end
        )
    try:
        address = f"http://127.0.0.1:{port}/api"
        wait_until(lambda: _answers(f"{address}/health"), _START_S, "the Prefect server")
        yield address
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(_END_S)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
