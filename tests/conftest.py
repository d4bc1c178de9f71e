"""Fixtures for all tests: real media where it is there, and engines that keep to a temporary folder."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from flows.environment import prepare_engines

if TYPE_CHECKING:
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


def pytest_unconfigure() -> None:
    """Prefect's temporary server ends after pytest has closed the output that its last words go to."""
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
