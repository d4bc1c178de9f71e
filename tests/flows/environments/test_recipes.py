"""What environments are made from (flows.environments.recipes), and the files that are committed."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from datasets.errors import UserError
from flows.environments import recipes as module
from flows.environments.recipes import Recipe, recipe, recipes
from tests.flows.environments.tiny import ROOT

COMMITTED = [each.name for each in recipes()]
# What crosses between the two sides, and what decodes a clip: the same bytes give the same picture and sound.
SAME_AS_OURS = (
    "ray",
    "cloudpickle",
    "msgpack",
    "pyarrow",
    "pylance",
    "av",
    "opencv-contrib-python-headless",
    "pydantic",
)
PYTHONS = ("3.11", "3.12")


def pinned(path: Path, python: str) -> dict[str, str]:
    """Package -> version, on Linux."""
    lines = [Requirement(line) for line in path.read_text().splitlines() if line[:1].isalnum()]
    here = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    kept = [line for line in lines if line.marker is None or line.marker.evaluate(here | {"extra": ""})]
    return {canonicalize_name(line.name): str(line.specifier).removeprefix("==") for line in kept}


def requirements(wanted: Recipe) -> list[Requirement]:
    return [Requirement(line) for line in wanted.requirements.read_text().splitlines() if line[:1].isalnum()]


def test_speech_is_there():
    assert "speech" in COMMITTED


@pytest.mark.parametrize("name", COMMITTED)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_what_is_asked_for(name: str, python: str):
    lock = pinned(recipe(name).lock, python)
    wrong = [
        each
        for each in requirements(recipe(name))
        if not each.specifier.contains(lock[canonicalize_name(each.name)])
    ]
    assert wrong == []


@pytest.mark.parametrize("name", COMMITTED)
@pytest.mark.parametrize("python", PYTHONS)
def test_what_crosses_has_the_same_version_on_both_sides(name: str, python: str):
    lock, ours = pinned(recipe(name).lock, python), pinned(ROOT / "constraints.txt", python)
    shared = [each for each in SAME_AS_OURS if each in lock]
    assert "ray" in shared
    assert {each: lock[each] for each in shared} == {each: ours[each] for each in shared}


@pytest.mark.parametrize("name", COMMITTED)
def test_the_lock_is_versions_and_nothing_else(name: str):
    """No place, no hash, no option: it serves every index and folder of wheels."""
    lines = recipe(name).lock.read_text().splitlines()
    assert [
        line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[0-9][^ +]*( ; [^/@]+)?", line)
    ] == []


@pytest.mark.parametrize("name", COMMITTED)
def test_it_says_what_it_is_for_and_what_must_be_importable(name: str):
    assert len(recipe(name).about) > 20
    assert "datasets.lake" in recipe(name).imports


def test_the_files_get_into_the_wheel():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(settings["tool"]["setuptools"]["package-data"]["flows.environments"]) == {"*.in", "*.txt"}


def test_the_key_follows_the_lock_and_the_python_and_no_comment(tiny, monkeypatch):
    keys = [recipe("tiny").key]
    (tiny / "tiny.txt").write_text("# said later\n\npebble==1.0\n")
    assert recipe("tiny").key == keys[0]
    (tiny / "tiny.txt").write_text("pebble==1.0.1\n")
    keys.append(recipe("tiny").key)
    monkeypatch.setattr(module.sys, "version_info", (3, 99, 0, "final", 0))
    keys.append(recipe("tiny").key)
    monkeypatch.setattr(module.sysconfig, "get_platform", lambda: "amiga-68000")
    keys.append(recipe("tiny").key)
    assert len(set(keys)) == 4
    assert all(re.fullmatch("[0-9a-f]{12}", key) for key in keys)


def test_a_lock_may_have_several_versions_and_gives_that_of_this_python(tiny):
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    lines = f"pebble==1.0 ; python_version == '{minor}'\npebble==2.0 ; python_version != '{minor}'\n"
    (tiny / "tiny.txt").write_text(lines)
    assert recipe("tiny").pins == {"pebble": "1.0"}


def test_an_unknown_name_is_told_with_those_there_are(tiny):
    with pytest.raises(UserError, match="there is no environment 'voice': give one of tiny"):
        recipe("voice")
