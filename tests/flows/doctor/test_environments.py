"""Environments of their own (flows.doctor.environments)."""

from dataclasses import replace
from importlib import metadata

import pytest

from flows.doctor.environments import environments
from flows.doctor.examine import CHECKS
from flows.environments.places import Ready, place_of, write_ready
from flows.environments.recipes import recipe

OURS = Ready(packages={"ray": metadata.version("ray")}, torch="cpu", seconds=60, size_bytes=7_500_000_000)


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("EMO2_ENVIRONMENTS", str(tmp_path))
    return tmp_path


def pretend_built(ready):
    place = place_of(recipe("speech"))
    place.python.parent.mkdir(parents=True)
    place.python.write_text("")
    write_ready(place.folder, ready)
    return place


def test_it_is_looked_at():
    assert CHECKS["environments"] is environments


def test_one_that_is_not_built_is_a_warning_since_the_rest_works_without(scope):
    (found,) = environments(scope)
    assert (found.state, found.remedy) == ("warning", "run `emo2 env build speech`")
    assert found.text.startswith("speech is not built")


def test_one_whose_build_was_killed_is_not_taken_for_built(scope):
    place_of(recipe("speech")).folder.mkdir()
    (found,) = environments(scope)
    assert (found.state, "speech is unfinished" in found.text) == ("warning", True)


def test_one_with_our_ray_is_in_order(scope):
    place = pretend_built(OURS)
    (found,) = environments(scope)
    assert (found.state, found.text) == ("ok", f"speech, 7.5 GB, in {place.folder}")


def test_one_with_another_ray_is_told_with_the_remedy(scope):
    pretend_built(replace(OURS, packages={"ray": "1.0"}))
    (found,) = environments(scope)
    assert (found.state, "speech has ray 1.0" in found.text) == ("warning", True)
    assert found.remedy == "run `emo2 env remove speech` and `emo2 env build speech`"


def test_outdated_ones_are_told_with_how_to_make_room(scope, folder):
    pretend_built(OURS)
    old = folder / "speech-0123456789ab"
    old.mkdir()
    write_ready(old, OURS)
    used, other = environments(scope)
    assert (used.state, other.state) == ("ok", "ok")
    assert "1 of speech outdated: `emo2 env remove speech --outdated`" in other.text
