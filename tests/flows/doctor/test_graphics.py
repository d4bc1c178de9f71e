"""The GPU, as its driver tells (flows.doctor.graphics)."""

import pytest

from flows.doctor import graphics
from flows.doctor.graphics import gpu


@pytest.fixture
def nvidia_smi(monkeypatch, tmp_path):
    """A driver's program that says so."""

    def says(script: str) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return says


def test_no_gpu_is_in_order(scope, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = gpu(scope)
    assert found.state == "ok"


@pytest.mark.parametrize(("torch", "state"), [("2.13.0", "ok"), ("2.13.0+cpu", "warning")])
def test_a_gpu_wants_a_torch_that_uses_it(scope, monkeypatch, nvidia_smi, torch, state):
    nvidia_smi("echo 'H200, 143771 MiB, 570.1'")
    monkeypatch.setattr(graphics.metadata, "version", lambda name: torch)
    (found,) = gpu(scope)
    assert (found.state, "H200" in found.text) == (state, True)


def test_a_driver_that_fails_is_a_warning(scope, nvidia_smi):
    nvidia_smi("echo 'driver/library version mismatch'; exit 18")
    (found,) = gpu(scope)
    assert (found.state, "mismatch" in found.text) == ("warning", True)
