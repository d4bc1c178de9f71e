"""An environment in which runs of these tests work: this very interpreter, started as another one is.

It shows all but that packages differ; tests that need that ask for the fixture `real_environments`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotators.annotator import Annotator
from annotators.registry import annotator_classes
from flows.environments import Environment
from flows.isolated import route
from flows.reannotation import target


def stand_in(patch: pytest.MonkeyPatch, python: str = sys.executable) -> None:
    """From now on the environment speech is this interpreter."""
    here = Environment("speech", Path(sys.prefix), Path(sys.executable))
    options = {"runtime_env": {"py_executable": python, "env_vars": {"PYTHONPATH": ""}}}
    for module in (route, target):
        patch.setattr(module, "find_environment", lambda name: here)
    patch.setattr(route, "ray_options", lambda name: dict(options))


def with_annotators(patch: pytest.MonkeyPatch, *own: Any) -> None:
    """An ingest takes these for the annotators of their slots, in this order after all others."""
    known: Callable[[], tuple[type[Annotator], ...]] = annotator_classes
    slots = {kind.name for kind in own}
    rest = tuple(kind for kind in known() if kind.name not in slots)
    patch.setattr(route, "annotator_classes", lambda: (*rest, *own))
