"""What answers at a station's address, and what only listens there."""

import socket
import threading
from collections.abc import Iterator

import pytest

from flows.station.api import ask, is_healthy
from flows.station.ports import free_port


@pytest.fixture
def ray_like() -> Iterator[str]:
    """The address of a listener that answers as Ray's own servers do, which speak HTTP/2."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer_in_binary, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api"


def test_a_listener_that_speaks_no_http_is_no_healthy_server(ray_like):
    assert not is_healthy(ray_like)


def test_a_question_to_such_a_listener_raises_what_callers_expect(ray_like):
    with pytest.raises(OSError, match="is no Prefect server"):
        ask(ray_like, "work_pools/local", method="GET")


def test_nothing_listens_at_a_free_port_and_the_system_does_not_give_it_to_others():
    port = free_port()
    assert not is_healthy(f"http://127.0.0.1:{port}/api")
    with socket.create_server(("127.0.0.1", port)) as listener:
        assert listener.getsockname()[1] < 32_768


def _answer_in_binary(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x04\n")
