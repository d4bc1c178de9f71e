"""Fixtures for all tests: real media where it is there, and engines that keep to a temporary folder."""

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from flows.environment import prepare_engines

if TYPE_CHECKING:
    from flows.environments import Environment
    from tests.object_store import ObjectStore

# Machines that run tests are shared: how long one example takes says nothing about the code.
settings.register_profile("shared-machine", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("shared-machine")


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real test media named by EMO2_MEDIA; tests that ask for it are skipped without it."""
    folder = Path(os.environ.get("EMO2_MEDIA", ""))
    if not os.environ.get("EMO2_MEDIA") or not folder.is_dir():
        pytest.skip("EMO2_MEDIA names no folder of real test media")
    return folder


# What a test finds must not depend on what this machine has, so places of environments and of models are
# empty folders, but for tests that ask for the real ones.
_PLACES = ("EMO2_ENVIRONMENTS", "EMO2_MODELS", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
_REAL_PLACES = {name: os.environ.get(name) for name in _PLACES}


_EMPTY = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Before any test module is imported: libraries read these variables as they are."""
    for name in _PLACES:
        os.environ.pop(name, None)
    config.stash[_EMPTY] = folder = tempfile.TemporaryDirectory(
        prefix="emo2-tests-", ignore_cleanup_errors=True
    )
    os.environ["EMO2_ENVIRONMENTS"] = str(Path(folder.name, "environments"))
    os.environ["EMO2_MODELS"] = str(Path(folder.name, "models"))
    os.environ["HF_HOME"] = str(Path(folder.name, "huggingface"))
    os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def speech_environment() -> "Environment":
    """The environment speech of this machine; tests that ask for it are skipped where it is not built.

    For the programs of the environment; a run finds it with the fixture `real_environments`.
    """
    from flows.environments import find_environment, missing_environment

    with pytest.MonkeyPatch.context() as patch:
        _restore(patch, "EMO2_ENVIRONMENTS")
        found = find_environment("speech")
    if found is None:
        pytest.skip(missing_environment("speech"))
    return found


@pytest.fixture
def real_environments(speech_environment, monkeypatch) -> "Environment":
    """Runs of this test find this machine's environments."""
    _restore(monkeypatch, "EMO2_ENVIRONMENTS")
    return speech_environment


@pytest.fixture
def real_models(monkeypatch) -> None:
    """This test finds the models that this machine has."""
    for name in ("EMO2_MODELS", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        _restore(monkeypatch, name)


def _restore(patch: pytest.MonkeyPatch, name: str) -> None:
    real = _REAL_PLACES[name]
    patch.delenv(name, raising=False) if real is None else patch.setenv(name, real)


@pytest.fixture(scope="session")
def object_store_endpoint() -> Iterator[str]:
    """An S3 server on this machine."""
    from tests.object_store import object_store_server  # takes a second to import

    with object_store_server() as endpoint:
        yield endpoint


@pytest.fixture
def store(object_store_endpoint) -> "ObjectStore":
    """An empty bucket of that server, for one test alone."""
    from tests.object_store import ObjectStore

    bucket = ObjectStore(object_store_endpoint)
    bucket.client().create_bucket(Bucket=bucket.bucket)
    return bucket


def pytest_unconfigure(config: pytest.Config) -> None:
    """Prefect's temporary server ends after pytest has closed the output that its last words go to."""
    config.stash[_EMPTY].cleanup()
    logging.raiseExceptions = False


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> None:
    """A test run in the background inherits an ignored SIGINT, and so would every program it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _engines_in_a_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["PREFECT_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    prepare_engines()
