"""The roots, as they were set (flows.doctor.places)."""

from dataclasses import replace

import pytest

from flows.doctor.places import allowed_roots
from flows.station.record import Record, write_record


def test_without_roots_there_is_nothing_to_mend(scope):
    (found,) = allowed_roots(scope)
    assert found.state == "ok"


@pytest.mark.parametrize(
    ("root", "state"),
    [
        ("/", "ok"),
        ("s3://bucket/lakes", "ok"),
        ("s3://", "problem"),
        ("data", "warning"),
        ("/nowhere", "warning"),
    ],
)
def test_a_root_that_allows_nothing_or_another_folder_each_time_is_told(scope, monkeypatch, root, state):
    monkeypatch.setenv("EMO2_ROOTS", root)
    (found,) = allowed_roots(scope)
    assert found.state == state


def test_the_roots_of_a_station_are_those_of_its_worker(scope, monkeypatch, tmp_path):
    monkeypatch.setenv("EMO2_ROOTS", "/nowhere")
    scope.state.mkdir()
    write_record(scope.state, Record("http://u", "http://u/api", "127.0.0.1:1", roots=(str(tmp_path),)))
    (found,) = allowed_roots(replace(scope, lake=f"{tmp_path}/lake"))
    assert (found.state, found.text) == ("ok", str(tmp_path))


def test_a_lake_outside_of_the_roots_is_a_problem(scope, monkeypatch, tmp_path):
    monkeypatch.setenv("EMO2_ROOTS", str(tmp_path))
    assert {each.state for each in allowed_roots(replace(scope, lake=f"{tmp_path}/lake"))} == {"ok"}
    *_, found = allowed_roots(replace(scope, lake="/other/lake"))
    assert (found.state, "EMO2_ROOTS" in found.remedy) == ("problem", True)
