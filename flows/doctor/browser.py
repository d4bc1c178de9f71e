"""Chromium with playwright: for the tests of the UI alone."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec

from flows.doctor.finding import Finding, ok, warning
from flows.doctor.scope import Scope

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium(scope: Scope) -> Iterator[Finding]:
    """Without them the browser tests are skipped."""
    found = os.environ.get("EMO2_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found or not os.access(found, os.X_OK):
        told = (
            f"{found} is no program" if found else "not here: tests of the UI are skipped, and nothing else"
        )
        yield warning(
            "Chromium", told, "for the tests: `apt-get install chromium`, or name it in EMO2_CHROMIUM"
        )
    elif find_spec("playwright") is None:
        yield warning(
            "Chromium", f"{found}, but playwright is not installed", "for the tests: run `make setup`"
        )
    else:
        yield ok("Chromium", found)
