"""An environment is built whole or not at all (flows.environments.build); tiny ones, from a folder of wheels."""

import os
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from datasets.errors import UserError
from flows.environments import find_environment, missing_environment
from flows.environments.build import SHARED, build, differing
from flows.environments.build_lock import is_being_built
from flows.environments.places import place_of
from flows.environments.recipes import recipe
from tests.flows.environments.tiny import start_builder, write_recipe, write_slow_uv, write_wheel


def version_in(python: Path) -> str:
    """Of the only package, as the environment's interpreter sees it."""
    script = "import pebble, sys; print(pebble.VERSION, *sys.path)"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.split()[
        0
    ]


def wait_for(path: Path) -> str:
    for _ in range(300):
        if path.exists():
            return path.read_text()
        time.sleep(0.1)
    raise AssertionError(f"{path} did not come")


def test_one_is_built_found_and_not_built_again(tiny, folder, said, tell):
    assert find_environment("tiny") is None
    made = build("tiny", tell)
    found = find_environment("tiny")
    assert found == made.environment
    assert found.folder.parent == folder
    assert version_in(found.python) == "1.0"
    assert made.ready.packages == {"pebble": "1.0"}
    assert made.ready.size_bytes > 100
    assert said[0].startswith("Installing tiny into")

    before_s = time.monotonic()
    again = build("tiny", tell)
    assert (again.was_there, again.environment) == (True, found)
    assert time.monotonic() - before_s < 0.5  # starts nothing


def test_its_interpreter_is_of_our_python_and_sees_none_of_our_packages(tiny, tell):
    python = build("tiny", tell).environment.python
    script = (
        "import sys; from importlib.util import find_spec; "
        "print(sys.version_info[:2], find_spec('numpy'), find_spec('flows'))"
    )
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == f"{sys.version_info[:2]} None None"


def test_another_lock_is_another_environment_and_the_first_stays(tiny, wheels, tell):
    first = build("tiny", tell).environment
    write_wheel(wheels, "pebble", "2.0")
    write_recipe(tiny, version="2.0")
    assert find_environment("tiny") is None
    second = build("tiny", tell).environment
    assert second.folder != first.folder
    assert (version_in(first.python), version_in(second.python)) == ("1.0", "2.0")


def test_a_package_that_cannot_be_had_ends_in_one_sentence_and_leaves_nothing(tiny, wheels, folder, tell):
    (wheel,) = wheels.iterdir()
    wheel.rename(wheels / "elsewhere")
    with pytest.raises(
        UserError, match=r"tiny could not be built \(.*pebble.*\): .*run `emo2 env build tiny` again"
    ):
        build("tiny", tell)
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []
    (wheels / "elsewhere").rename(wheel)
    assert not build("tiny", tell).was_there


def test_one_that_was_installed_and_does_not_work_is_not_kept(tiny, folder, tell):
    write_recipe(tiny, imports="pebble, boulder")
    with pytest.raises(
        UserError, match="does not work there: ModuleNotFoundError: No module named 'boulder'"
    ):
        build("tiny", tell)
    assert find_environment("tiny") is None
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


def test_our_own_code_is_importable_where_the_recipe_asks_for_it(tiny, tell):
    write_recipe(tiny, imports="pebble, datasets.frame, flows.environments.places")
    assert not build("tiny", tell).was_there


def test_another_ray_than_ours_is_refused(tiny, wheels, tell):
    write_wheel(wheels, "ray", "1.0")
    write_recipe(tiny, package="ray", imports="ray")
    ours = metadata.version("ray")
    with pytest.raises(UserError, match=rf"it has ray 1\.0 and {ours} is here"):
        build("tiny", tell)


def test_only_what_both_sides_have_is_compared():
    assert differing({"numpy": "0.1", "ray": metadata.version("ray")}) == {}
    assert set(differing(dict.fromkeys(SHARED, "0.1"))) == set(SHARED)


def test_of_two_builders_one_makes_it_and_the_other_finds_it(tiny):
    builders = [start_builder(tiny) for _ in range(2)]
    said = [builder.communicate(timeout=120)[0] for builder in builders]
    made, waited = sorted(said, key=lambda told: "is built already" in told)
    assert "built in" in made.splitlines()[-1]
    assert "another process builds tiny: waiting for it" in waited
    assert "is built already" in waited


def test_a_builder_that_is_killed_leaves_nothing_that_counts_and_its_installer_is_waited_for(
    tiny, tmp_path, said, tell
):
    uv = write_slow_uv(tmp_path / "uv", tmp_path / "started")
    builder = start_builder(tiny, uv)
    installer = psutil.Process(int(wait_for(tmp_path / "started")))
    builder.send_signal(signal.SIGKILL)
    builder.communicate(timeout=30)
    place = place_of(recipe("tiny"))
    assert (place.folder / "lib" / "half").exists()
    assert find_environment("tiny") is None
    assert is_being_built(place.folder)  # the installer still writes there

    follower = start_builder(tiny)
    assert follower.stdout is not None
    assert "another process builds tiny: waiting for it" in follower.stdout.readline()
    installer.kill()
    assert "built in" in follower.communicate(timeout=120)[0].splitlines()[-1]
    assert not (place.folder / "lib" / "half").exists()
    assert version_in(place.python) == "1.0"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_builder_that_is_stopped_ends_its_installer_and_leaves_nothing(
    tiny, tmp_path, folder, number, code
):
    uv = write_slow_uv(tmp_path / "uv", tmp_path / "started")
    builder = start_builder(tiny, uv)
    installer = psutil.Process(int(wait_for(tmp_path / "started")))
    builder.send_signal(number)
    said = builder.communicate(timeout=30)[0].splitlines()
    assert (builder.returncode, len(said), said[1].startswith("emo2: stopped")) == (code, 2, True)
    assert not installer.is_running()
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


def test_one_whose_interpreter_is_gone_is_built_again(tiny, tell):
    python = build("tiny", tell).environment.python
    python.unlink()
    assert find_environment("tiny") is None
    assert not build("tiny", tell).was_there
    assert version_in(python) == "1.0"


def test_without_uv_pip_does_it(tiny, monkeypatch, said, tell):
    monkeypatch.setenv("PIP_FIND_LINKS", os.environ["UV_FIND_LINKS"])
    monkeypatch.setattr("flows.environments.installer._find_uv", lambda: None)
    made = build("tiny", tell)
    assert version_in(made.environment.python) == "1.0"
    assert "with pip" in said[0]


def test_a_folder_that_cannot_be_made_is_told(tiny, tmp_path, monkeypatch, tell):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMO2_ENVIRONMENTS", str(tmp_path / "file" / "environments"))
    with pytest.raises(UserError, match=r"cannot be written .* choose a writable one with EMO2_ENVIRONMENTS"):
        build("tiny", tell)


def test_the_sentence_for_one_that_is_missing_names_the_command():
    assert missing_environment("speech") == "the environment speech is not built: run `emo2 env build speech`"
