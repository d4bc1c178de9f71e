"""The deployments of prefect.yaml with the environment's values in place of its templates."""

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml
from prefect.client.schemas.schedules import CronSchedule, RRuleSchedule
from prefect.utilities.templating import apply_values

from datasets.errors import UserError

KEPT = ("parameters", "job_variables", "description", "tags", "paused", "concurrency_limit")
_AT_RUN_TIME = ("triggers",)  # their templates are filled by the event
_VARIABLE = re.compile(r"\{\{\s*\$(\w+)\s*\}\}")


def read_declared(path: Path) -> dict[str, Any]:
    """The file as it is, but for templates of the environment: those that it names nothing for are left out.

    Raises UserError where the file cannot be read as a list of named deployments.
    """
    try:
        told = yaml.safe_load(path.read_text())
        deployments = [_filled(deployment) for deployment in told["deployments"]]
        names = [deployment["name"] for deployment in deployments]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read as a file of deployments: {error!r}") from error
    if len(set(names)) < len(names):
        raise UserError(f"{path} names a deployment twice: {sorted(names)}")
    return {**told, "deployments": deployments}


def settings(deployment: dict[str, Any], checkout: Path) -> dict[str, Any]:
    """What a person may edit on a deployment's page, as the file declares it.

    Runs start in the checkout, by Python itself: the program that Prefect otherwise puts between prepares a copy of
    the code, which is there already, and takes seconds.
    """
    given = deployment.get("work_pool", {}).get("job_variables") or {}
    started = {"command": shlex.join([sys.executable, "-m", "prefect.engine"]), "working_dir": str(checkout)}
    return {
        "parameters": deployment.get("parameters") or {},
        "job_variables": {**started, **given},
        "description": deployment.get("description"),
        "tags": deployment.get("tags") or [],
        "paused": deployment.get("paused") or False,
        "concurrency_limit": deployment.get("concurrency_limit"),
    }


def schedules(deployment: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Slug to when, with which parameters, and whether it is on."""
    return {
        str(each.get("slug", "")): _schedule(deployment, each) for each in deployment.get("schedules") or []
    }


def _schedule(deployment: dict[str, Any], declared: dict[str, Any]) -> dict[str, Any]:
    when = {key: declared[key] for key in ("cron", "rrule", "timezone") if key in declared}
    if not declared.get("slug") or not {"cron", "rrule"} & set(when):
        raise UserError(
            f"each schedule of {deployment['name']} needs a slug, and a cron or rrule: {declared}"
        )
    kind = CronSchedule if "cron" in when else RRuleSchedule
    return {
        "schedule": kind(**when).model_dump(mode="json"),
        "active": declared.get("active", True),
        "parameters": declared.get("parameters") or {},
    }


def _filled(deployment: dict[str, Any]) -> dict[str, Any]:
    kept = {key: deployment[key] for key in _AT_RUN_TIME if key in deployment}
    rest = {key: value for key, value in deployment.items() if key not in _AT_RUN_TIME}
    filled: Any = apply_values(_without_unset(rest), dict(os.environ), remove_notset=False)
    return {**filled, **kept}


def _without_unset(value: Any) -> Any:
    """Less the keys whose variable is not set: to Prefect that is an empty text, to a form a choice that was made."""
    if isinstance(value, list):
        return [_without_unset(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_unset(each) for key, each in value.items() if not _is_unset(each)}
    return value


def _is_unset(value: Any) -> bool:
    match = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    return match is not None and not os.environ.get(match[1])
