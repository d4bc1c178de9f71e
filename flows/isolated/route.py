"""The way of a clip through the annotators of an ingest: here, in environments of their own, and here again."""

import os
import shlex
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotators.annotator import Annotator
from annotators.registry import annotator_classes
from annotators.settings import ModelSettings
from flows.environments import find_environment, missing_environment, ray_options
from flows.isolated.choice import PYTHON_VARIABLE, AnnotatorPlace, place_of


@dataclass(frozen=True)
class Route:
    """Slots in the order that they are filled."""

    here: tuple[str, ...]  # as clips are made, from pictures and sound
    isolated: tuple[AnnotatorPlace, ...] = ()  # one after the other, from the sound
    after: tuple[AnnotatorPlace, ...] = ()  # from columns alone, those of the isolated ones among them
    left_out: Mapping[str, str] = field(default_factory=dict)  # slot -> why it stays null


def route_of(names: Collection[str], models: ModelSettings) -> Route:
    """The route of an ingest that fills these slots, with the environments that this machine has now.

    Raises ValueError for annotators that no route leads through: one in an environment of its own that needs
    pictures, whose bytes are too many to be sent there, or one that needs media after such a one.
    """
    here: list[str] = []
    isolated: list[AnnotatorPlace] = []
    after: list[AnnotatorPlace] = []
    left_out: dict[str, str] = {}
    for kind in _chosen(names):
        late = {each.slot for each in isolated + after}
        if kind.environment is not None and find_environment(kind.environment) is None:
            left_out[kind.name] = missing_environment(kind.environment)
        elif kind.environment is not None:
            _check(kind.needs != "pictures", f"{kind.name} needs pictures in {kind.environment}")
            _check(not {each.slot for each in after} & set(kind.reads), f"{kind.name} comes too early")
            isolated.append(place_of(kind, models))
        elif late & set(kind.reads):
            _check(kind.needs == "columns", f"{kind.name} needs {kind.needs} after {kind.reads}")
            after.append(place_of(kind, models))
        else:
            here.append(kind.name)
    return Route(tuple(here), tuple(isolated), tuple(after), left_out)


def main_route(names: Collection[str]) -> Route:
    """What can be filled in one process, without any other environment."""
    return Route(tuple(kind.name for kind in _chosen(names) if kind.environment is None))


def _chosen(names: Collection[str]) -> list[type[Annotator]]:
    return [kind for kind in annotator_classes() if kind.name in names]


def environment_options(place: AnnotatorPlace) -> dict[str, Any]:
    """Options for a remote function that makes this annotator: Ray starts it in its environment.

    A class of one's own is found there as it is here, by PYTHONPATH; ours need nothing but our code.
    """
    assert place.environment is not None
    options = ray_options(place.environment)
    wanted = options["runtime_env"]
    python, variables = wanted["py_executable"], dict(wanted["env_vars"])
    own = None if place.place.startswith("annotators.") else os.environ.get("PYTHONPATH")
    if own:
        variables["PYTHONPATH"] = os.pathsep.join([variables["PYTHONPATH"], own])
    variables[PYTHON_VARIABLE] = python
    return options | {
        "runtime_env": wanted | {"py_executable": _there_or_here(python), "env_vars": variables}
    }


def _there_or_here(python: str) -> str:
    """A command for the interpreter, and on a node that lacks it for this one, where the task then says so.

    Ray tries for ever to start a worker whose interpreter is not there, and tells nobody.
    """
    there, here = shlex.quote(python), shlex.quote(sys.executable)
    return f"$([ -x {there} ] && echo {there} || echo {here})"


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise ValueError(problem)
