import sys

import pytest

from datasets.errors import UserError
from flows.station.declared import read_declared, schedules, settings

_FILE = """
deployments:
  - name: ingest
    entrypoint: flows/ingest.py:ingest
    parameters: {config: {lake: "{{ $EMO2_LAKE }}", limit: 5}}
    schedules:
      - {slug: nightly, cron: "0 1 * * *", timezone: UTC, active: false, parameters: {config: {limit: 1}}}
    triggers:
      - {parameters: {config: {lake: "{{ event.payload.lake }}"}}}
    work_pool: {name: local, job_variables: {env: {RAY_ADDRESS: "ray.internal:6379"}}}
"""


@pytest.fixture
def ingest(tmp_path, monkeypatch):
    """The only deployment of a file, read where EMO2_LAKE is as given."""

    def read(lake=None, text=_FILE):
        if lake is None:
            monkeypatch.delenv("EMO2_LAKE", raising=False)
        else:
            monkeypatch.setenv("EMO2_LAKE", lake)
        (tmp_path / "prefect.yaml").write_text(text)
        return read_declared(tmp_path / "prefect.yaml")["deployments"][0]

    return read


def test_the_lake_of_the_environment_stands_in_the_form(ingest):
    assert ingest("/lake")["parameters"] == {"config": {"lake": "/lake", "limit": 5}}


@pytest.mark.parametrize("lake", [None, ""])
def test_without_it_the_form_has_none_rather_than_an_empty_one(ingest, lake):
    assert ingest(lake)["parameters"] == {"config": {"limit": 5}}


def test_what_an_event_fills_in_is_left_to_it(ingest):
    assert ingest()["triggers"][0]["parameters"]["config"]["lake"] == "{{ event.payload.lake }}"


def test_runs_start_in_the_checkout_by_this_python_unless_the_file_says_otherwise(ingest, tmp_path):
    variables = settings(ingest(), tmp_path)["job_variables"]
    assert variables["working_dir"] == str(tmp_path)
    assert variables["command"] == f"{sys.executable} -m prefect.engine"
    assert variables["env"] == {"RAY_ADDRESS": "ray.internal:6379"}


def test_schedules_are_known_by_their_slug(ingest):
    nightly = schedules(ingest())["nightly"]
    assert nightly["schedule"]["cron"] == "0 1 * * *"
    assert nightly["active"] is False
    assert nightly["parameters"] == {"config": {"limit": 1}}


def test_a_schedule_without_a_slug_is_refused(ingest):
    with pytest.raises(UserError, match="each schedule of ingest needs a slug"):
        schedules(ingest(text=_FILE.replace("slug: nightly, ", "")))


def test_a_file_that_is_none_is_refused_by_name(tmp_path):
    with pytest.raises(UserError, match=r"missing\.yaml cannot be read"):
        read_declared(tmp_path / "missing.yaml")
