"""`--cpus hands=2 --gpus hands=0.5`: what annotators ask of the cluster, from the command line."""

from collections.abc import Iterable
from typing import Any

from datasets.errors import UserError


def resources_from(cpus: Iterable[str], gpus: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Annotator -> {"cpus": ..., "gpus": ...}, as `IngestConfig.resources` takes it.

    Raises UserError for what is not NAME=NUMBER.
    """
    resources: dict[str, dict[str, Any]] = {}
    for kind, options in (("cpus", cpus), ("gpus", gpus)):
        for option in options:
            name, number = _pair(option, kind)
            resources.setdefault(name, {})[kind] = number
    return resources


def _pair(option: str, kind: str) -> tuple[str, float]:
    name, sign, number = option.partition("=")
    try:
        return name, float(number if sign else "")
    except ValueError:
        raise UserError(
            f"--{kind} {option!r} is not an annotator and a number: give for example hands=2"
        ) from None
