"""`emo2 plan` (flows.plan_cli) on a lake whose costs were written by hand."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from datasets.errors import UserError
from datasets.lake import Lake
from flows.plan_cli import plan
from tests.flows.plan.test_measured import add_clips, add_run, costs


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(plan)
    return app


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = Lake.open(tmp_path / "lake", create=True)
    add_clips(lake)
    add_run(lake, "r1", costs(10, 100))
    return lake


def test_a_plan_is_printed_and_written(app, lake, tmp_path):
    out = tmp_path / "plan.html"
    ran = CliRunner().invoke(
        app, ["--lake", lake.uri, "--hours", "10", "--nodes", "2", "--cpus", "5", "--out", str(out)]
    )
    assert ran.exit_code == 0, ran.output
    assert "10 h of source video, 4 h kept (40 %), 0.36 M clip frames" in ran.output
    assert "wall time: 22.5 min, limited by the CPU" in ran.output  # 3 core-hours on 10 cores at 80 %
    page = out.read_text()
    assert "<svg" in page
    assert "http" not in page.replace("http-equiv", "")  # nothing is loaded from elsewhere


def test_a_plan_as_json_has_the_same_numbers(app, lake):
    ran = CliRunner().invoke(app, ["--lake", lake.uri, "--hours", "10", "--cpus", "5", "--json"])
    told = json.loads(ran.output)
    assert told["effort"]["core_h"] == pytest.approx(3.0)  # 1 of the survey, 2 of the encoder
    assert told["efficiency_from"] == "assumed"
    assert told["config"]["nodes"] == 1


def test_a_page_that_cannot_be_written_says_so(app, lake):
    out = Path(lake.uri) / "nowhere" / "plan.html"
    ran = CliRunner().invoke(app, ["--lake", lake.uri, "--hours", "1", "--cpus", "1", "--out", str(out)])
    assert isinstance(ran.exception, UserError)
    assert "plan.html cannot be written (No such file or directory)" in str(ran.exception)
