"""One builder at a time (flows.environments.build_lock)."""

import subprocess
import sys

from flows.environments.build_lock import building, is_being_built


def never() -> None:
    raise AssertionError("nobody else holds the lock")


def test_it_is_held_while_building_and_free_after(tmp_path):
    environment = tmp_path / "environments" / "tiny-0123456789ab"
    assert not is_being_built(environment)
    with building(environment, never):
        assert is_being_built(environment)
    assert not is_being_built(environment)
    with building(environment, never):
        pass


def test_a_program_that_was_given_the_descriptor_holds_it_on(tmp_path):
    environment = tmp_path / "tiny-0123456789ab"
    with building(environment, never) as descriptor:
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,)
        )
    assert is_being_built(environment)
    child.communicate(b"\n")
    assert not is_being_built(environment)


def test_two_environments_do_not_wait_for_each_other(tmp_path):
    with building(tmp_path / "tiny-000000000000", never), building(tmp_path / "tiny-111111111111", never):
        pass
