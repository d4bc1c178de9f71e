"""The shared server: PostgreSQL, Prefect, TLS and a worker in one Compose file."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from tests.deploy.files import DEPLOY, compose, constraint, product_image

SERVICES = compose()["services"]
PRODUCT = {name for name, service in SERVICES.items() if service["image"].startswith("emo2:")}


def test_the_services_are_database_server_proxy_worker_and_registration():
    assert set(SERVICES) == {"postgres", "server", "proxy", "worker", "register"}
    assert {"server", "worker", "register"} == PRODUCT


def test_only_the_proxy_publishes_a_port_and_only_that_of_tls():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["443:443"]}
    assert not [
        name for name, service in SERVICES.items() if "network_mode" in service or service.get("privileged")
    ]


def test_another_port_of_tls_reaches_the_ui_too():
    moved = compose({"EMO2_HOST": "prefect.example.org", "EMO2_HTTPS_PORT": "8443"})["services"]
    assert moved["proxy"]["ports"] == ["8443:443"]
    environment = moved["server"]["environment"]
    assert environment["PREFECT_SERVER_UI_API_URL"] == "https://prefect.example.org:8443/api"
    assert environment["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "https://prefect.example.org:8443"


def test_without_a_name_for_the_server_compose_says_what_is_missing():
    with pytest.raises(KeyError, match="the name that browsers and workers use"):
        compose({})


def test_only_the_server_reaches_the_database():
    file = compose()
    assert file["networks"]["database"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "database" in service.get("networks", [])} == {
        "postgres",
        "server",
    }
    assert SERVICES["postgres"]["networks"] == ["database"]


def test_every_secret_is_a_file_that_make_secrets_creates():
    script = (DEPLOY / "compose" / "make-secrets.sh").read_text()
    assert {name: source["file"] for name, source in compose()["secrets"].items()} == {
        name: f"./secrets/{name}"
        for name in (
            "postgres_password",
            "prefect_auth",
            "ray_token",
            "lake_key_id",
            "lake_key",
            "failure_webhook",
        )
    }
    assert [name for name in compose()["secrets"] if not re.search(rf"\b{name}\b", script)] == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_reads_only_secrets_that_it_is_given(name: str):
    read = {
        value.removeprefix("/run/secrets/")
        for key, value in SERVICES[name].get("environment", {}).items()
        if key.endswith("_FILE")
    }
    assert read == set(SERVICES[name].get("secrets", []))


def test_the_worker_never_sees_the_password_of_the_database():
    assert [name for name in SERVICES if "postgres_password" in SERVICES[name].get("secrets", [])] == [
        "postgres",
        "server",
    ]


def test_server_and_clients_share_the_string_that_authenticates():
    assert (
        SERVICES["server"]["environment"]["PREFECT_SERVER_API_AUTH_STRING_FILE"]
        == "/run/secrets/prefect_auth"
    )
    for client in ("worker", "register"):
        assert SERVICES[client]["environment"]["PREFECT_API_AUTH_STRING_FILE"] == "/run/secrets/prefect_auth"


def test_the_worker_confines_runs_to_roots_and_finds_its_own_ray_by_default():
    environment = SERVICES["worker"]["environment"]
    assert environment["EMO2_ROOTS"] == "/data"
    assert environment["RAY_ADDRESS"] == ""
    assert environment["RAY_AUTH_MODE"] == "token"
    outside = compose(
        {"EMO2_HOST": "h", "RAY_ADDRESS": "ray://head:10001", "EMO2_ROOTS": "/data:s3://corpus"}
    )
    assert outside["services"]["worker"]["environment"]["RAY_ADDRESS"] == "ray://head:10001"
    assert outside["services"]["worker"]["environment"]["EMO2_ROOTS"] == "/data:s3://corpus"


def test_only_the_ui_that_asks_no_stranger_is_served():
    environment = SERVICES["server"]["environment"]
    assert environment["PREFECT_SERVER_UI_V2_ENABLED"] == "false"
    assert environment["PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT"] == "false"


def test_every_image_is_pinned_by_a_whole_version():
    pinned = re.compile(r"^[a-z0-9/]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$")
    assert [service["image"] for service in SERVICES.values() if not pinned.match(service["image"])] == []


def test_the_image_of_the_product_has_its_version():
    assert {SERVICES[name]["image"] for name in PRODUCT} == {product_image()}


def test_postgresql_is_one_that_prefect_takes_with_several_clients():
    assert tuple(map(int, re.findall(r"\d+", SERVICES["postgres"]["image"])[:2])) >= (14, 9)
    assert constraint("asyncpg")  # its driver is in the image


def test_the_products_containers_run_without_privileges():
    for name in PRODUCT:
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


def test_services_wait_for_what_they_need():
    healthy = {"condition": "service_healthy"}
    assert {name: service.get("depends_on") for name, service in SERVICES.items()} == {
        "postgres": None,
        "server": {"postgres": healthy},
        "proxy": {"server": healthy},
        "worker": {"server": healthy},
        "register": {"server": healthy},
    }
    assert "healthcheck" in SERVICES["postgres"]
    assert "healthcheck" in SERVICES["server"]


def test_every_variable_that_has_no_safe_default_is_in_the_example():
    example = (DEPLOY / "compose" / "example.env").read_text()
    text = (DEPLOY / "compose" / "compose.yaml").read_text()
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    optional = {"EMO2_WORKER", "EMO2_MODELS", "RAY_AUTH_MODE"}
    assert {
        name for name in used - optional if not re.search(rf"^#? ?{name}=", example, re.MULTILINE)
    } == set()


def test_keys_are_those_of_compose():
    """Against a typing mistake, which Compose would refuse; the next test checks the whole format."""
    known = {
        "image",
        "restart",
        "init",
        "security_opt",
        "cap_drop",
        "cap_add",
        "environment",
        "secrets",
        "volumes",
    }
    known |= {
        "networks",
        "shm_size",
        "healthcheck",
        "command",
        "depends_on",
        "ports",
        "stop_grace_period",
        "profiles",
    }
    assert {key for service in SERVICES.values() for key in service} - known == set()


def test_the_file_follows_the_schema_of_the_compose_specification():
    schema = os.environ.get("EMO2_COMPOSE_SCHEMA")
    if not schema:
        pytest.skip(
            "EMO2_COMPOSE_SCHEMA names no compose-spec.json (github.com/compose-spec/compose-spec, schema/)"
        )
    import jsonschema

    plain = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    jsonschema.Draft202012Validator(json.loads(Path(schema).read_text())).validate(plain)
