"""The roots that runs are held to."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flows.doctor.finding import Finding, ok, problem, warning
from flows.doctor.scope import Scope
from flows.roots import VARIABLE, RootsError, refuse_outside, roots


def allowed_roots(scope: Scope) -> Iterator[Finding]:
    """Of the station's worker, as `make up ROOTS=` gave them; without a station, EMO2_ROOTS of this shell."""
    record = scope.station
    allowed = record.roots if record else roots()
    if not allowed:
        yield ok("roots", f"{VARIABLE} is not set: runs may use what their user may")
    for root in allowed:
        yield _judged(root)
    if allowed and scope.lake:
        try:
            refuse_outside(scope.lake, "the lake", allowed)
        except RootsError as error:
            sentence, _, remedy = str(error).rpartition("; ")
            yield problem("roots", sentence, remedy)


def _judged(root: str) -> Finding:
    if "://" in root and not root.startswith("file://"):
        if urlsplit(root).netloc:
            return ok("roots", root)
        return problem(
            "roots", f"{root} names no bucket, and allows nothing", f"write it whole into {VARIABLE}"
        )
    path = Path(root.removeprefix("file://"))
    if not path.is_absolute():
        told = f"{root} is relative, and means another folder wherever a worker starts"
        return warning("roots", told, f"write the whole path into {VARIABLE}, with a colon between two")
    if not path.is_dir():
        return warning("roots", f"there is no folder {root}", f"make it, or put {VARIABLE} right")
    return ok("roots", root)
