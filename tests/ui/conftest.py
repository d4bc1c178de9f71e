"""A station as `make up` starts it, and Debian's Chromium to look at it with."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prefect.client.orchestration import SyncPrefectClient

from flows.station.config import StationConfig
from flows.station.down import take_down
from flows.station.ports import free_port
from flows.station.register import register
from flows.station.up import bring_up

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.ui.prefect_ui import PrefectUi

NAMES = ("chromium", "chromium-browser", "google-chrome")
LONELY = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"  # nobody else can be asked


@pytest.fixture(scope="package")
def chromium() -> Path:
    """The browser's program; tests that ask for it are skipped where there is none."""
    pytest.importorskip("playwright", reason="playwright is not installed: run `make setup`")
    found = os.environ.get("EMO2_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip(
            "no Chromium here: install it (Debian: apt-get install chromium), or name it in EMO2_CHROMIUM"
        )
    return Path(found)


@pytest.fixture(scope="package")
def station(chromium: Path) -> Iterator[StationConfig]:
    """Server, Ray head and worker on free ports; runs may use the folder of its state and lake alone."""
    with tempfile.TemporaryDirectory(prefix="emo2-") as name:  # stands in the pictures, so it is short
        folder = Path(name)
        config = StationConfig(
            port=free_port(),
            ray_port=free_port(),
            state=folder / "state",
            lake=str(folder / "lake"),
            roots=(str(folder),),
        )
        try:
            bring_up(config)
            register(config)
            yield config
        finally:
            take_down(config.state)


@pytest.fixture(scope="package")
def browser(chromium: Path) -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", LONELY]
        )
        yield started
        started.close()


@pytest.fixture(scope="package")
def client(station: StationConfig) -> Iterator[SyncPrefectClient]:
    """To know what the UI should show."""
    with SyncPrefectClient(station.api_url) as opened:
        yield opened


@pytest.fixture(scope="package")
def open_ui(station: StationConfig, browser: "Browser") -> "Callable[[], AbstractContextManager[PrefectUi]]":
    """Opens a tab of the station's UI, which must ask nothing of any other machine."""
    from tests.ui.prefect_ui import opened_ui

    wanted = os.environ.get("EMO2_SCREENSHOTS")  # `make screenshots` names docs/ui
    pictures = Path(wanted) if wanted else None
    return lambda: opened_ui(browser, station.ui_url, pictures)


@pytest.fixture
def ui(open_ui: "Callable[[], AbstractContextManager[PrefectUi]]") -> "Iterator[PrefectUi]":
    """A tab for one test."""
    with open_ui() as tab:
        yield tab
