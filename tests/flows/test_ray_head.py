"""A Ray that does not answer is told at once, with its address and what to do (flows.ray_head)."""

import socket
import time

import pytest

from flows.ray_head import HeadWatch, RayNotThere, ray_address, refuse_silent_head
from flows.run_states import ShardsFailed, failed


@pytest.fixture(autouse=True)
def _no_ray_of_this_machine(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def silent_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_head_that_is_not_there_is_refused_at_once(silent_port, scheme):
    address, began_s = f"{scheme}127.0.0.1:{silent_port}", time.monotonic()
    with pytest.raises(RayNotThere, match=f"no Ray head answers at {address}") as refused:
        refuse_silent_head(address)
    assert time.monotonic() - began_s < 6
    message = failed(refused.value, "/none").message
    assert message == str(refused.value)
    assert "make up" in message
    assert "run this again" in message
    assert "\n" not in message


def test_the_address_of_the_environment_counts_where_none_is_given(monkeypatch, silent_port):
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{silent_port}")
    with pytest.raises(RayNotThere, match=str(silent_port)):
        refuse_silent_head(None)
    assert ray_address("10.0.0.1:1") == "10.0.0.1:1"


def test_a_head_that_listens_is_used_and_a_ray_of_our_own_needs_none():
    with socket.socket() as head:
        head.bind(("127.0.0.1", 0))
        head.listen()
        refuse_silent_head(f"127.0.0.1:{head.getsockname()[1]}")
    for own in (None, "", "auto", "local"):
        refuse_silent_head(own)
        assert ray_address(own) is None


def test_a_head_that_goes_away_is_given_some_patience_and_then_told_for_good():
    with socket.socket() as head:
        head.bind(("127.0.0.1", 0))
        head.listen()
        address = f"127.0.0.1:{head.getsockname()[1]}"
        watch = HeadWatch(address, every_s=0.0, patience_s=0.2)
        watch.check()
        assert not watch.is_lost
    watch.check()
    assert not watch.is_lost
    time.sleep(0.25)
    for _ in range(2):
        with pytest.raises(RayNotThere, match=f"the Ray head at {address} went away"):
            watch.check()
    assert watch.is_lost


def test_a_head_is_asked_now_and_then_alone(silent_port):
    watch = HeadWatch(f"127.0.0.1:{silent_port}", every_s=60.0, patience_s=0.0)
    watch.check()
    assert not watch.is_lost


def test_a_ray_of_our_own_is_not_watched():
    watch = HeadWatch(None, every_s=0.0, patience_s=0.0)
    watch.check()
    assert not watch.is_lost


def test_a_head_lost_in_a_shard_is_told_in_its_own_words():
    error = ShardsFailed("1 of 1 shards failed")
    error.__cause__ = RayNotThere("the Ray head at a:1 went away")
    assert failed(error, "/none").message == "the Ray head at a:1 went away"


def test_an_address_that_is_none_is_refused_too():
    with pytest.raises(RayNotThere, match="not-a-port"):
        refuse_silent_head("127.0.0.1:not-a-port")
