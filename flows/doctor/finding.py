"""What one check found."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; a problem keeps runs from working, a warning may."""

    what: str  # such as "disk of the lake"
    state: State
    text: str
    remedy: str = ""  # empty where nothing is to be done

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def ok(what: str, text: str) -> Finding:
    return Finding(what, "ok", text)


def warning(what: str, text: str, remedy: str) -> Finding:
    return Finding(what, "warning", text, remedy)


def problem(what: str, text: str, remedy: str) -> Finding:
    return Finding(what, "problem", text, remedy)


def refused(what: str, error: Exception, remedy: str) -> Finding:
    """The problem that an error's sentence tells, with the remedy that it ends in, else this one."""
    told, _, end = " ".join(str(error).split()).rpartition(": ")
    return problem(what, told or end, end if told else remedy)
