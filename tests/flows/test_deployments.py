"""prefect.yaml offers every flow as a form that refuses what cannot be, with everything switched off."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import validate

from annotators.registry import annotator_classes
from benchmarks.faults.server import PREFECT, engines
from flows.forms import checked
from tests.flows.forms_of_flows import all_flows, all_models, form_of

ROOT = Path(__file__).parents[2]
_FILE = yaml.safe_load((ROOT / "prefect.yaml").read_text().replace("{{ $EMO2_LAKE }}", "/lake"))
DEPLOYMENTS: dict[str, dict[str, Any]] = {each["name"]: each for each in _FILE["deployments"]}
WRITERS = {"ingest", "quarantine-retry", "reannotate", "maintain"}


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)  # where entrypoints start


def flow_of(name: str) -> Flow[..., Any]:
    return load_flow_from_entrypoint(DEPLOYMENTS[name]["entrypoint"])


def schedules() -> Iterator[Any]:
    for name, deployment in DEPLOYMENTS.items():
        for schedule in deployment.get("schedules", ()):
            yield pytest.param(name, schedule, id=f"{name}/{schedule['slug']}")


def test_every_flow_has_one_deployment_of_its_name():
    assert sorted(DEPLOYMENTS) == sorted(flow.name for flow in all_flows())


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_an_entrypoint_leads_to_the_flow(name):
    assert flow_of(name).name == name


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_flow_refuses_by_itself_in_one_sentence_rather_than_by_prefects_many_lines(name):
    assert flow_of(name).should_validate_parameters is False


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_says_what_it_does_and_refuses_what_cannot_be(name):
    deployment = DEPLOYMENTS[name]
    assert deployment["description"].endswith(".")
    assert set(deployment["tags"]) <= {"data", "training", "upkeep"}
    assert deployment["work_pool"]["name"] == "local"
    assert deployment["enforce_parameter_schema"] is True
    assert deployment["parameters"] == {"config": {"lake": "/lake"}}


def test_two_writers_of_a_lake_wait_for_each_other():
    limits = {
        name: each["concurrency_limit"] for name, each in DEPLOYMENTS.items() if "concurrency_limit" in each
    }
    assert limits.keys() == WRITERS
    assert all(limit == {"limit": 1, "collision_strategy": "ENQUEUE"} for limit in limits.values())


@pytest.mark.parametrize(("name", "schedule"), schedules())
def test_a_schedule_is_off_and_would_start_a_run_that_can_be(name, schedule):
    assert schedule["active"] is False
    CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])  # raises for what is none
    checked(form_of(flow_of(name)), schedule["parameters"]["config"])


def test_the_nightly_slots_have_hours_of_their_own():
    nightly = {
        s["parameters"]["config"]["annotator"]: s["cron"] for s in DEPLOYMENTS["reannotate"]["schedules"]
    }
    assert len(set(nightly.values())) == len(nightly)
    hours = {
        slot: (int(cron.split()[1]) + 12) % 24 + int(cron.split()[0]) / 60 for slot, cron in nightly.items()
    }
    assert all(hours[read] < hours[kind.name] for kind in annotator_classes() for read in kind.reads)
    assert [s["cron"] for s in DEPLOYMENTS["maintain"]["schedules"]] == ["0 4 * * 0"]


def test_no_deployment_holds_a_secret_or_an_address_of_ours():
    text = (ROOT / "prefect.yaml").read_text().lower()
    assert [word for word in ("password", "secret", "token", "http://", "https://") if word in text] == []


@pytest.mark.parametrize("model", sorted(all_models(), key=lambda model: model.__name__))
def test_every_field_of_every_form_has_a_title(model):
    assert [name for name, field in model.model_fields.items() if not field.title] == []


@pytest.mark.parametrize("model", sorted(all_models(), key=lambda model: model.__name__))
def test_every_number_of_every_form_has_bounds(model):
    schema = model.model_json_schema()["properties"]
    for name, field in schema.items():
        for choice in (field, *field.get("anyOf", ())):
            if choice.get("type") in ("number", "integer"):
                low, high = {"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}
                assert low & choice.keys(), name
                assert choice["type"] == "integer" or high & choice.keys(), name  # else infinity would pass


def test_titles_bounds_and_choices_arrive_in_the_form():
    form = parameter_schema(flow_of("ingest")).model_dump()["definitions"]
    limit = form["IngestConfig"]["properties"]["limit"]
    assert (limit["title"], limit["anyOf"][0]["minimum"]) == ("Limit (videos)", 1)
    assert form["HandOptions"]["properties"]["backend"]["enum"] == ["mediapipe", "wilor", "hamer"]
    assert form["IngestConfig"]["properties"]["limits"]["title"] == "Limits on untrusted media"
    sharpness = form["Thresholds"]["properties"]["min_sharpness"]
    assert (sharpness["title"], sharpness["minimum"]) == (
        "Sharpness, at least (variance of the Laplacian)",
        0,
    )
    assert form["IngestConfig"]["required"] == ["source", "lake"]


def test_an_annotator_is_chosen_from_a_list_or_named():
    form = parameter_schema(flow_of("reannotate")).model_dump()["definitions"]["ReannotateConfig"]
    ours, own = form["properties"]["annotator"]["anyOf"]
    assert (ours["enum"], own["title"]) == ([kind.name for kind in annotator_classes()], "Your own")
    assert form["required"] == ["lake", "annotator"]


@pytest.mark.parametrize(
    ("name", "config", "names"),
    [
        ("ingest", {"source": "/v", "lake": "/lake", "limit": 0}, "config.limit"),
        ("ingest", {"source": "/v", "lake": "/lake", "hands": {"backend": "kinect"}}, "kinect"),
        ("ingest", {"lake": "/lake"}, "source"),
        ("reannotate", {"lake": "/lake", "annotator": "foot"}, "annotator"),
        ("quarantine-retry", {"lake": "/lake", "reasons": ["bored"]}, "bored"),
        ("maintain", {"lake": "/lake", "keep_days": -1}, "keep_days"),
        ("snapshot", {"lake": "/lake", "nmae": "x"}, "nmae"),
    ],
)
def test_the_form_refuses_a_value_that_cannot_be(name, config, names):
    with pytest.raises(Exception, match=names):
        validate({"config": config}, parameter_schema(flow_of(name)).model_dump(), raise_on_error=True)


@pytest.mark.slow
def test_all_deployments_are_registered_and_a_run_with_a_bad_value_is_refused():
    with engines() as server:
        prefect(server, "work-pool", "create", "local", "--type", "process")
        for lake in ({"EMO2_LAKE": "/data/lake"}, {}):  # a second time, without a lake
            prefect(server | lake, "--no-prompt", "deploy", "--all")
        found = {each["name"]: each for each in asked(server, "deployments/filter", {})}
        assert found.keys() == DEPLOYMENTS.keys()
        assert not any(s["active"] for each in found.values() for s in each["schedules"])
        assert {name for name, each in found.items() if each["global_concurrency_limit"]} == WRITERS
        assert {str(each["parameters"]) for each in found.values()} == {"{'config': {'lake': ''}}"}
        refused = asked(
            server,
            f"deployments/{found['ingest']['id']}/create_flow_run",
            {"parameters": {"config": {"source": "/videos", "lake": "/data/lake", "limit": 0}}},
        )
    assert refused["detail"].startswith("Error creating flow run: Validation failed for field 'config.limit'")


def prefect(environment: Mapping[str, str], *arguments: str) -> None:
    known = {name: value for name, value in os.environ.items() if name != "EMO2_LAKE"}
    done = subprocess.run(
        [PREFECT, *arguments], env=known | dict(environment), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def asked(environment: Mapping[str, str], path: str, body: Mapping[str, Any]) -> Any:
    """What the server answers, whether it agrees or not."""
    request = urllib.request.Request(
        f"{environment['PREFECT_API_URL']}/{path}",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        return json.load(error)
