"""Where a slot's values come from: the annotator, its version and parameters, and the slots it was derived from.

A row carries this beside the values (`<slot>_src`, `<slot>_inputs`), so that a newer annotator, other parameters
or a change in a slot it reads make it stale without anyone having to remember.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from datasets.identity import params_hash


def source(name: str, version: str, params: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """The value of `<slot>_src` for what is written now."""
    return {
        "name": name,
        "version": version,
        "params_hash": params_hash(dict(params)),
        "run_id": run_id,
        "at": datetime.now(UTC),
    }


def inputs_of(reads: Sequence[str], sources: Mapping[str, Mapping[str, Any] | None]) -> str | None:
    """The value of `<slot>_inputs`, as in "body 2/0f3a9c, hands 2/9bc1d4"; "-" for a slot that is null.

    reads: slots in the annotator's order; sources: each slot's `<slot>_src` in this row. None where nothing is read.
    """
    parts = (f"{slot} {_stamp(sources.get(slot))}" for slot in reads)
    return ", ".join(parts) or None


def inputs_sql(reads: Sequence[str]) -> str:
    """The same text as an SQL expression over a `clips` row."""
    if not reads:
        return "NULL"
    stamps = (
        f"'{slot} ' || COALESCE({slot}_src.version || '/' || {slot}_src.params_hash, '-')" for slot in reads
    )
    return " || ', ' || ".join(stamps)


def _stamp(source: Mapping[str, Any] | None) -> str:
    return "-" if source is None else f"{source['version']}/{source['params_hash']}"
