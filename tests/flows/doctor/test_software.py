"""What is installed, against what emo2 needs and was tested with (flows.doctor.software)."""

import sys
from importlib import metadata

import pytest

from flows.doctor import software
from flows.doctor.software import imports, packages, python


@pytest.fixture
def installed(monkeypatch):
    """What the lookup of distributions says; changed by name, None for one that is not there."""
    versions: dict[str, str | None] = {}
    real = metadata.version

    def version(name: str) -> str:
        found = versions.get(name.lower(), "as it is")
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return real(name) if found == "as it is" else found

    monkeypatch.setattr(software.metadata, "version", version)
    return versions


@pytest.mark.parametrize(
    ("version", "state"), [((3, 11), "ok"), ((3, 12), "ok"), ((3, 10), "problem"), ((3, 13), "problem")]
)
def test_only_the_pythons_that_emo2_runs_on_are_in_order(scope, version, state):
    (found,) = python(scope, version)
    assert found.state == state


def test_the_packages_of_this_environment_are_in_order(scope, installed):
    assert [each for each in packages(scope) if each.state == "problem"] == []


def test_a_missing_package_is_a_problem(scope, installed):
    installed["decord"] = None
    found = next(packages(scope))
    assert (found.state, found.text) == ("problem", "decord is not installed")
    assert "make setup" in found.remedy


def test_a_version_that_emo2_does_not_take_is_a_problem(scope, installed):
    installed["ray"] = "2.1.0"
    found = next(packages(scope))
    assert (found.state, found.text) == ("problem", "ray is 2.1.0, and emo2 needs ==2.60.0")


def test_a_version_that_was_not_tested_is_a_warning(scope, installed):
    installed["rich"] = "99.0"
    (found,) = [each for each in packages(scope) if "rich" in each.text]
    assert found.state == "warning"
    assert "rich 99.0 (tested: " in found.text


def test_a_torch_for_cpus_is_of_the_tested_version(scope, installed):
    installed["torch"] = "2.13.0+cpu"
    assert not any("torch" in each.text for each in packages(scope))


def test_emo2_that_is_not_installed_is_a_problem(scope, monkeypatch):
    monkeypatch.setattr(software, "_PRODUCT", "no-such-product")
    (found,) = packages(scope)
    assert (found.state, found.remedy) == ("problem", "run `make setup`")


def test_packages_that_load_are_in_order(scope, monkeypatch):
    monkeypatch.setattr(software, "_IMPORTED", ("json", "sqlite3"))
    (found,) = imports(scope)
    assert found.state == "ok"


def test_a_package_that_does_not_load_is_named_with_the_reason(scope, monkeypatch, tmp_path):
    (tmp_path / "wrong_numpy.py").write_text("raise ImportError('numpy 2 is here\\nand much more')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(software, "_IMPORTED", ("json", "wrong_numpy", "sqlite3"))
    (found,) = imports(scope)
    assert found.state == "problem"
    assert found.text == "wrong_numpy cannot be imported beside the others: ImportError: numpy 2 is here"


def test_a_package_that_takes_the_process_down_is_named(scope, monkeypatch, tmp_path):
    (tmp_path / "crashing.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(software, "_IMPORTED", ("json", "crashing"))
    (found,) = imports(scope)
    assert found.text == "crashing cannot be imported beside the others: it ended the process with code -6"


def test_packages_that_take_too_long_are_a_warning(scope, monkeypatch, tmp_path):
    (tmp_path / "slow.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(software, "_IMPORTED", ("slow",))
    monkeypatch.setattr(software, "_IMPORT_WITHIN_S", 0.5)
    (found,) = imports(scope)
    assert found.state == "warning"


def test_the_interpreter_is_named(scope):
    assert sys.executable in next(python(scope)).text
