"""Prefect's temporary server, for runs without a server of the user's: out of Ctrl-C's reach, never left behind."""

import os
import signal
import subprocess
import threading
import time

from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import get_current_settings

# Ends the server when the pipe from this process closes, as it does at a kill -9 too.
_WATCH = ("/bin/sh", "-c", "read _; kill -9 $0 2>/dev/null")
_POLL_S = 0.05


def start_temporary_server() -> None:
    """Have Prefect's temporary server run until this process ends; nothing where the settings name a server.

    A terminal sends Ctrl-C to every process of a command. A server that ended by it could not be told how the
    run ended, and the run would wait for it.
    """
    settings = get_current_settings()
    if settings.api.url or not settings.server.ephemeral.enabled:
        return
    server = SubprocessASGIServer()
    start = _Start(server)
    start.start()
    while server.server_process is None and start.is_alive():
        time.sleep(_POLL_S)
    if server.server_process is not None:
        _end_with_this_process(server.server_process)
    start.result()


class _Start(threading.Thread):
    """Starts a server with SIGINT blocked, which its process inherits; the main thread stays open to it."""

    def __init__(self, server: SubprocessASGIServer):
        super().__init__(daemon=True, name="prefect-server")
        self._server = server
        self._failure: Exception | None = None

    def run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._server.start()
        except Exception as error:
            self._failure = error

    def result(self) -> None:
        """Wait for the start, and raise what it raised."""
        self.join()
        if self._failure:
            raise self._failure


def _end_with_this_process(process: subprocess.Popen[bytes]) -> None:
    # The other end stays open as long as this process lives, and no process inherits it.
    reader, _ = os.pipe()
    subprocess.Popen([*_WATCH, str(process.pid)], stdin=reader, start_new_session=True)
    os.close(reader)
