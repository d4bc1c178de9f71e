"""Every setting that a file of deploy/ names is one that its program reads."""

import re
from pathlib import Path

import pytest
from prefect.settings import get_current_settings
from prefect.settings.legacy import _get_settings_fields

from flows.environment import prepare_engines
from tests.deploy.files import DEPLOY, every_file

OURS = {"EMO2_ROOTS", "EMO2_LAKE", "EMO2_MODELS", "EMO2_ENVIRONMENTS", "EMO2_FAILURE_WEBHOOK", "EMO2_STATE"}
COMPOSE = {"EMO2_HOST", "EMO2_HTTPS_PORT", "EMO2_IMAGE", "EMO2_DATA", "EMO2_TLS", "EMO2_WORKER"}
CADDY = {"EMO2_PROXY_PORT", "EMO2_UPSTREAM"}
# read by Ray's C++ side or its scripts, where no table lists them
RAY = {"RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_USAGE_STATS_ENABLED"}
RAY |= {"RAY_worker_niceness", "RAY_HEAD_IP", "RAY_idle_worker_killing_time_threshold_ms"}
UNITS = {"RAY_HEAD"}  # of our own systemd units


def unknown(prefix: str, known: set[str]) -> set[str]:
    """Names with the prefix that are not known; NAME_FILE is one if NAME is, since entrypoint.sh reads it."""
    text = "\n".join(path.read_text() for path in every_file())
    found = set(re.findall(rf"\b{prefix}_\w*[A-Za-z]", text))
    assert len(found) > 3
    return {name for name in found if name not in known and name.removesuffix("_FILE") not in known}


def test_prefect_knows_every_setting():
    known = set(_get_settings_fields(type(get_current_settings())))
    assert "PREFECT_API_DATABASE_CONNECTION_URL" in known
    assert unknown("PREFECT", known) == set()


def test_ray_knows_every_setting():
    assert unknown("RAY", RAY | UNITS) == set()


def test_we_know_every_setting_of_ours():
    assert unknown("EMO2", OURS | COMPOSE | CADDY) == set()


@pytest.mark.parametrize("name", ["RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"])
def test_the_names_of_rays_authentication_are_in_ray_itself(name: str):
    prepare_engines()
    import ray._raylet

    assert name.encode() in Path(ray._raylet.__file__).read_bytes()


def test_the_image_reports_to_nobody():
    image = (DEPLOY / "Containerfile").read_text()
    for setting in ("PREFECT_SERVER_ANALYTICS_ENABLED=false", "DO_NOT_TRACK=1", "RAY_USAGE_STATS_ENABLED=0"):
        assert setting in image
