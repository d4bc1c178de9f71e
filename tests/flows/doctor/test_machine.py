"""Room on the disks and in memory (flows.doctor.machine)."""

from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from flows.doctor import machine
from flows.doctor.machine import disks, local_folder, memory

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free(monkeypatch):
    """GB free by folder, 500 where none is told."""
    gigabytes: dict[Path, float] = {}

    def usage(path: Path) -> Usage:
        return Usage(10**12, 0, int(gigabytes.get(Path(path), 500) * 1e9))

    monkeypatch.setattr(machine.shutil, "disk_usage", usage)
    return gigabytes


def state_of(findings, what: str) -> str:
    return next(each.state for each in findings if each.what == what)


def test_room_is_told_for_a_folder_that_is_not_there_yet(scope, free, tmp_path):
    free[tmp_path] = 7.5
    found = next(disks(scope))
    assert (found.what, found.state) == ("disk of the state", "ok")
    assert found.text == f"7.5 GB free at {scope.state}"


@pytest.mark.parametrize(("gigabytes", "state"), [(0.2, "problem"), (10, "warning"), (30, "ok")])
def test_a_full_disk_of_the_lake_is_a_problem(scope, free, tmp_path, gigabytes, state):
    lake = tmp_path / "lake"
    lake.mkdir()
    free[lake] = gigabytes
    findings = list(disks(replace(scope, lake=str(lake))))
    assert state_of(findings, "disk of the lake") == state
    assert state_of(findings, "disk of the state") == "ok"


def test_a_folder_that_cannot_be_written_is_a_problem(scope, free, monkeypatch):
    monkeypatch.setattr(machine.os, "access", lambda path, mode: False)
    found = next(disks(scope))
    assert found.state == "problem"
    assert "cannot be written" in found.text
    assert "EMO2_STATE" in found.remedy


def test_a_lake_in_an_object_store_has_no_disk_here(scope, free):
    findings = disks(replace(scope, lake="s3://bucket/lake"))
    assert [each.what for each in findings] == ["disk of the state", "disk of temporary files"]


@pytest.mark.parametrize(
    ("lake", "folder"),
    [(None, None), ("", None), ("gs://b/l", None), ("/data/lake", "/data/lake"), ("file:///a%20b", "/a b")],
)
def test_the_folder_of_a_lake(lake, folder):
    assert local_folder(lake) == (Path(folder) if folder else None)


@pytest.mark.parametrize(("gigabytes", "state"), [(1, "problem"), (3, "warning"), (16, "ok")])
def test_little_memory_is_a_problem(scope, monkeypatch, tmp_path, gigabytes, state):
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    available = namedtuple("Memory", "available")(int(gigabytes * 1e9))
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: available)
    assert state_of(memory(scope), "memory") == state


def test_a_container_has_what_its_limit_leaves_and_file_pages_count_as_free(scope, monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("8000000000\n")
    (tmp_path / "memory.current").write_text("7500000000\n")
    (tmp_path / "memory.stat").write_text("anon 6500000000\ninactive_file 1000000000\n")
    available = namedtuple("Memory", "available")(int(64e9))
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: available)
    assert next(memory(scope)).text.startswith("1.5 GB available")


@pytest.mark.parametrize(("gigabytes", "state"), [(0.06, "warning"), (1, "ok")])
def test_the_small_shared_memory_of_a_container_is_a_warning(scope, free, gigabytes, state):
    free[Path("/dev/shm")] = gigabytes
    findings = list(memory(scope))
    assert state_of(findings, "shared memory") == state
    if state == "warning":
        assert "--shm-size" in findings[-1].remedy
