"""A person's SQL over a table: checked before anything is done with it, and told in words where it is wrong."""

import difflib
import re

import lance

from datasets.errors import UserError

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_NO_FIELD = re.compile(r"No field named (\"[^\"]*\"|\S+?)\.(?:\s|$)")
_WRAPPING = re.compile(r"Invalid user input: |Error during planning: |Schema error: ")
_PREAMBLE = re.compile(
    r"Error (?:resolving filter expression|parsing statement|tokenizing statement).*?(?:: |\()(?=Rec|sql|Unt)"
)
_SHOWN = 20  # columns: the first ones describe the clip, those after them an annotator's slots


class SelectionError(UserError):
    """The SQL cannot be applied to the table."""


def checked_selection(table: lance.LanceDataset, where: str, *, option: str = "--where") -> str:
    """`where` in brackets, so that more can be joined to it with AND.

    Raises SelectionError, which names `option` and the column that is at fault.
    """
    if not _closed(where):
        raise SelectionError(f"{option} {where!r} closes a bracket that it never opened")
    selection = (
        f"({where})"  # without brackets, Lance stops at the first word it cannot place and drops the rest
    )
    try:
        table.scanner(columns=["_rowid"], filter=selection, limit=1).to_table()
    except (OSError, ValueError) as error:
        raise SelectionError(f"{option} {where!r}: {_explained(table, where, str(error))}") from error
    return selection


def _closed(where: str) -> bool:
    """Whether no bracket closes before it opens: such SQL would reach outside the brackets around it."""
    depth = 0
    for mark in re.findall(r"[()]", _QUOTED.sub("", where)):
        depth += 1 if mark == "(" else -1
        if depth < 0:
            return False
    return True


def _explained(table: lance.LanceDataset, where: str, error: str) -> str:
    name = table.uri.rstrip("/").rsplit("/", 1)[-1]
    if found := _NO_FIELD.search(error):
        missing, names = found[1].strip('"'), table.schema.names
        near = difflib.get_close_matches(missing.lower(), names, n=1)
        rest = ", ..." if len(names) > _SHOWN else ""
        remedy = f"did you mean {near[0]}?" if near else f"it has {', '.join(names[:_SHOWN])}{rest}"
        return f"the table {name} has no column {missing}; {remedy}"
    words = set(re.findall(r"\w+", _QUOTED.sub("", where)))
    types = [f"{field.name} is {field.type}" for field in table.schema if field.name in words]
    said = _said(error)
    return f"{said} ({', '.join(types)})" if types else f"{said}; write SQL over the columns of {name}"


def _said(error: str) -> str:
    """Lance's own words, without where in its source they were said and what it wraps them in."""
    line = re.split(r", /\S*\.rs:\d+|\n", error)[0]
    return _PREAMBLE.sub("", _WRAPPING.sub("", line)).rstrip(") ")
