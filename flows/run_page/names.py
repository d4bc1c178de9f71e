"""Names of runs: what a person looks for in the list, and the day; they survive any parameters."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from prefect import runtime

from flows.run_page.text import last_name

_MOST_CHARACTERS = 60
_ODD = re.compile(r"[^\w.+-]+")


def named_by(what: Callable[[Any], str], *, dated: bool = True) -> Callable[[], str]:
    """For `flow_run_name`: the flow, `what` of its configuration where that can be told, and the date (UTC)."""

    def name() -> str:
        run = runtime.flow_run
        config = (run.parameters or {}).get("config")
        return run_name(run.flow_name, what(config), run.scheduled_start_time if dated else None)

    return name


def run_name(flow: str, what: str, day: date | None) -> str:
    """The parts that are there, without characters that a list or a folder's name would trip over."""
    usable = _ODD.sub("-", what).strip("-.")[:_MOST_CHARACTERS]
    return "-".join(part for part in (flow, usable, f"{day:%Y-%m-%d}" if day else "") if part)


def given(config: Any, field: str) -> str:
    """A text that was given for a field; empty where it was not, or is no text."""
    value = config.get(field) if isinstance(config, dict) else getattr(config, field, None)
    return value if isinstance(value, str) else ""


def dataset_or_source(config: Any) -> str:
    """Of an ingest."""
    return given(config, "dataset") or last_name(given(config, "source"))


def slot_or_class(config: Any) -> str:
    """Of a re-annotation: body, hands, ..., or the class's name."""
    return given(config, "annotator").rpartition(":")[-1]


def nothing(config: Any) -> str:
    """Of a flow whose name and day say enough."""
    return ""
