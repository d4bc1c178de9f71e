"""Every flow and the models of its form, found by looking: a new one is tested without being named."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from prefect import Flow
from pydantic import BaseModel

import flows


def all_flows() -> list[Flow[..., Any]]:
    """The flows that modules of `flows` define, by name."""
    found: dict[str, Flow[..., Any]] = {}
    for path in sorted(Path(flows.__path__[0]).glob("*.py")):
        if "@flow" in path.read_text():
            module = import_module(f"flows.{path.stem}")
            found |= {each.name: each for each in vars(module).values() if isinstance(each, Flow)}
    return list(found.values())


def form_of(flow: Flow[..., Any]) -> type[BaseModel]:
    """The model of its one parameter, `config`."""
    annotation = flow.fn.__annotations__["config"]
    (form,) = _models(annotation)
    return form


def all_models() -> set[type[BaseModel]]:
    """Of all forms, nested ones too."""
    return {model for flow in all_flows() for model in _nested(form_of(flow))}


def _nested(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            yield from _nested(inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
