"""How a run that cannot go on ends: one sentence, and which kind of failure it is (flows.run_states)."""

from collections import namedtuple
from types import SimpleNamespace

import pytest
from ray.exceptions import RaySystemError, RayTaskError

from datasets.errors import UserError
from flows import run_states
from flows.run_states import REFUSED, ShardsFailed, failed, failed_run, stopped

Usage = namedtuple("Usage", "total used free")


def test_what_a_user_caused_is_refused_in_its_own_words():
    state = failed(UserError("no such file"), "/lake")
    assert (state.name, state.message) == (REFUSED, "no such file")


def test_what_the_machine_caused_names_the_lake():
    state = failed(OSError("lost mount"), "/none")
    assert state.name == "Failed"
    assert state.message == (
        "the run into /none could not go on: lost mount;"
        " what was committed stays: press Retry or run this again, and it goes on from there"
    )


def test_a_failed_shard_says_how_to_go_on_unless_it_did_already():
    assert failed(ShardsFailed("1 of 2 shards failed"), "/none").message == (
        "1 of 2 shards failed;"
        " what was committed stays: press Retry or run this again, and it goes on from there"
    )
    said = "other runs kept changing the clips: run this again once they have ended"
    assert failed(ShardsFailed(said), "/none").message == said


@pytest.mark.parametrize("direct", [True, False], ids=["itself", "as the cause of a failed shard"])
def test_a_ray_that_was_lost_is_named_with_its_address_and_remedy(monkeypatch, direct):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    error: Exception = RaySystemError("the head is gone")
    if not direct:
        error = ShardsFailed("1 of 1 shards failed")
        error.__cause__ = RaySystemError("the head is gone")
    message = failed(error, "/none").message
    assert "the Ray cluster at 10.0.0.1:6379 was lost (" in message
    assert "`make up`" in message
    assert "press Retry" in message
    monkeypatch.delenv("RAY_ADDRESS")
    assert "Ray on this machine was lost" in failed(error, "/none").message
    assert "the Ray cluster at 10.0.0.2:1 was lost" in failed(error, "/none", ray="10.0.0.2:1").message


def test_a_ray_that_cannot_be_joined_is_named_with_its_address_and_remedy():
    error = ConnectionError("Failed to connect to Ray cluster at a:1")
    message = failed(error, "/none", ray="a:1").message
    assert message.startswith("Ray at a:1 could not be joined (Failed to connect to Ray cluster at a:1):")
    assert "token" in message
    assert "press Retry" in message


def test_an_error_in_a_ray_task_is_not_taken_for_a_lost_ray():
    error = ShardsFailed("1 of 1 shards failed, the first with ValueError: odd")
    error.__cause__ = RayTaskError("work", "traceback", ValueError("odd"))
    assert "Ray" not in failed(error, "/none").message


def test_a_fault_of_ours_points_to_the_traceback_and_leaves_it_in_the_log(monkeypatch):
    logged, error = [], KeyError("hands")
    monkeypatch.setattr(
        run_states, "run_logger", lambda: SimpleNamespace(error=lambda *_, **more: logged.append(more))
    )
    state = failed(error, "/none")
    assert logged == [{"exc_info": error}]
    assert state.name == "Failed"
    assert "KeyError: 'hands'" in state.message
    assert "Logs" in state.message
    assert "press Retry" in state.message


def test_a_run_that_was_stopped_is_cancelled_and_says_how_to_go_on():
    state = stopped()
    assert state.is_cancelled()
    assert "press Retry" in state.message


@pytest.mark.parametrize("config", [{"lake": 7}, {}, None, "text", []])
def test_a_run_that_was_sent_no_usable_configuration_can_still_fail(config):
    assert failed_run(OSError("odd"), config).message.startswith("the run could not go on: odd;")
    assert failed_run(UserError("no lake"), config).message == "no lake"


def test_the_lake_and_the_ray_are_read_from_a_form_as_from_a_model():
    state = failed_run(OSError("odd"), {"lake": "/none", "ray_address": "a:1"})
    assert state.message.startswith("the run into /none could not go on: odd;")
    assert "at a:1 was lost" in failed_run(RaySystemError("gone"), {"ray_address": "a:1"}).message


@pytest.mark.parametrize("error", [ShardsFailed("1 of 2 shards failed"), OSError("odd")])
def test_a_full_disk_is_named_whatever_fell_over_it(tmp_path, monkeypatch, error):
    assert "MB free" not in failed(error, str(tmp_path)).message
    monkeypatch.setattr(run_states.shutil, "disk_usage", lambda path: Usage(1, 1, 3_000_000))
    assert f"the disk of {tmp_path} is full (3 MB free)" in failed(error, str(tmp_path)).message
