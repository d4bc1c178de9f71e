"""How a run that cannot go on ends: one sentence, and which kind of failure it is (flows.run_states)."""

from collections import namedtuple

import pytest

from datasets.errors import UserError
from flows import run_states
from flows.run_states import REFUSED, ShardsFailed, failed

Usage = namedtuple("Usage", "total used free")


def test_what_a_user_caused_is_refused_in_its_own_words():
    state = failed(UserError("no such file"), "/lake")
    assert (state.name, state.message) == (REFUSED, "no such file")


def test_what_the_machine_caused_names_the_lake():
    state = failed(OSError("lost mount"), "/none")
    assert (state.name, state.message) == ("Failed", "the run into /none could not go on: lost mount")


@pytest.mark.parametrize("error", [ShardsFailed("1 of 2 shards failed"), OSError("odd")])
def test_a_full_disk_is_named_whatever_fell_over_it(tmp_path, monkeypatch, error):
    assert "MB free" not in failed(error, str(tmp_path)).message
    monkeypatch.setattr(run_states.shutil, "disk_usage", lambda path: Usage(1, 1, 3_000_000))
    assert f"the disk of {tmp_path} is full (3 MB free)" in failed(error, str(tmp_path)).message
