"""How the installer is called (flows.environments.installer)."""

import os
from pathlib import Path

import pytest

from flows.environments.failures import InstallFailed
from flows.environments.installer import Installer, find_installer
from flows.environments.recipes import recipe

# Says its arguments; fails as if the index of torch could not be had where $REFUSES is among them.
_TOLD_UV = """#!/bin/sh
echo "$*"
case "$*" in *"$REFUSES"*) echo "error: no such index"; exit 2;; esac
"""


@pytest.fixture
def quiet(monkeypatch) -> None:
    """No setting of this machine."""
    monkeypatch.setattr("flows.environments.installer._pip_setting", lambda name, environ: "")
    monkeypatch.setattr("flows.environments.installer._has_gpu", lambda: False)


def told(tmp_path: Path, said: list[str], *, refuses: str = "nothing", **variables: str) -> list[str]:
    """What uv is called with to install tiny."""
    uv = tmp_path / "uv"
    uv.write_text(_TOLD_UV)
    uv.chmod(0o755)
    found = find_installer({**variables, "PATH": os.environ["PATH"], "REFUSES": refuses})
    installer = Installer(uv, found.torch, found.variables)
    with (tmp_path / "lock").open("w") as lock:
        installer.install(recipe("tiny"), tmp_path / "env", said.append, keeps_open=lock.fileno())
    return [line for line in said if line.startswith("pip install")]


def test_wheels_and_index_of_pip_are_handed_to_uv(monkeypatch):
    settings = {"find-links": "/wheels\nhttps://host/wheels", "index-url": "https://host/simple"}
    monkeypatch.setattr("flows.environments.installer._pip_setting", lambda name, environ: settings[name])
    variables = find_installer({"TORCH": "cpu"}).variables
    assert variables["UV_FIND_LINKS"] == "/wheels,https://host/wheels"
    assert variables["UV_DEFAULT_INDEX"] == "https://host/simple"
    assert variables["UV_PYTHON_DOWNLOADS"] == "never"


def test_what_is_set_for_uv_comes_first(monkeypatch):
    monkeypatch.setattr("flows.environments.installer._pip_setting", lambda name, environ: "/of-pip")
    given = {"TORCH": "cpu", "UV_FIND_LINKS": "/of-uv", "UV_DEFAULT_INDEX": "https://uv/simple"}
    assert given.items() <= find_installer(given).variables.items()


def test_wheels_of_pip_which_may_be_for_cpus_are_left_out_for_cuda(monkeypatch):
    monkeypatch.setattr("flows.environments.installer._pip_setting", lambda name, environ: "/of-pip")
    assert "UV_FIND_LINKS" not in find_installer({"TORCH": "cuda"}).variables
    assert find_installer({"TORCH": "cuda", "UV_FIND_LINKS": "/mine"}).variables["UV_FIND_LINKS"] == "/mine"


def test_pips_own_variable_is_read():
    assert find_installer({"TORCH": "cpu", "PIP_FIND_LINKS": "/a /b"}).variables["UV_FIND_LINKS"] == "/a,/b"


@pytest.mark.parametrize(("gpu", "torch"), [(True, "cuda"), (False, "cpu")])
def test_torch_is_chosen_by_the_machine(monkeypatch, quiet, gpu, torch):
    monkeypatch.setattr("flows.environments.installer._has_gpu", lambda: gpu)
    assert find_installer({}).torch == torch
    assert find_installer({"TORCH": "cpu"}).torch == "cpu"


def test_without_wheels_the_cpu_builds_of_torch_are_tried_first(tiny, tmp_path, quiet, said):
    (command,) = told(tmp_path, said, TORCH="cpu")
    assert "--torch-backend cpu" in command
    assert "--compile-bytecode" in command
    assert f"--constraint {tiny / 'tiny.txt'}" in command


def test_where_they_cannot_be_had_it_goes_on_without(tiny, tmp_path, quiet, said):
    first, second = told(tmp_path, said, refuses="--torch-backend", TORCH="cpu")
    assert ("--torch-backend" in first, "--torch-backend" in second) == (True, False)
    assert "without the index of torch's builds for CPUs, since no such index" in said


def test_wheels_or_a_gpu_need_no_index_of_torch(tiny, tmp_path, quiet, said):
    assert "--torch-backend" not in told(tmp_path, said, TORCH="cuda")[0]
    assert "--torch-backend" not in told(tmp_path, said, TORCH="cpu", UV_FIND_LINKS="/wheels")[-1]


def test_no_index_of_pip_holds_for_uv(tiny, tmp_path, quiet, said):
    assert "--no-index" in told(tmp_path, said, TORCH="cuda", PIP_NO_INDEX="1")[0]


def test_a_program_that_cannot_be_started_is_told(tiny, tmp_path, said):
    with (tmp_path / "lock").open("w") as lock, pytest.raises(InstallFailed, match="uv cannot be started"):
        Installer(tmp_path / "uv", "cuda", {}).install(
            recipe("tiny"), tmp_path / "env", said.append, keeps_open=lock.fileno()
        )
