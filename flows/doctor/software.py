"""Python, the packages at their versions, and whether they can be imported side by side."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from flows.doctor.finding import Finding, ok, problem, warning
from flows.doctor.scope import Scope

_PRODUCT = "emo2"
_PYTHONS = ((3, 11), (3, 12))
_CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
_IMPORTED = (
    *("prefect", "ray", "lance", "pyarrow", "torch", "mediapipe", "cv2", "av", "decord"),
    *("numba", "scipy", "scenedetect", "smplx"),
)
_IMPORT_WITHIN_S = 20.0
_SCRIPT = """
import importlib, json, sys
for name in sys.argv[1:]:
    print(json.dumps([name, None]), flush=True)
    try:
        importlib.import_module(name)
    except BaseException as error:
        words = (str(error).strip() or repr(error)).splitlines()
        print(json.dumps([name, type(error).__name__ + ": " + words[0]]), flush=True)
        sys.exit(1)
"""
_REMEDY = "run `touch pyproject.toml` and `make setup`"


def python(scope: Scope, version: tuple[int, int] = sys.version_info[:2]) -> Iterator[Finding]:
    """The interpreter's version."""
    told = f"{'.'.join(map(str, version))} at {sys.executable}"
    if version in _PYTHONS:
        yield ok("Python", told)
    else:
        remedy = "install Python 3.11 or 3.12, then run `make setup PYTHON=/path/to/python3.11`"
        yield problem("Python", f"{told}; emo2 needs 3.11 or 3.12", remedy)


def packages(scope: Scope) -> Iterator[Finding]:
    """What emo2 requires, at the versions it requires; then those of constraints.txt, with which it was tested."""
    try:
        wanted = _requirements()
    except metadata.PackageNotFoundError:
        yield problem("packages", f"{_PRODUCT} itself is not installed", "run `make setup`")
        return
    wrong = [told for requirement in wanted if (told := _wrong(requirement))]
    for told in wrong:
        yield problem("packages", told, _REMEDY)
    other = [told for told in map(_not_pinned, _pins()) if told]
    if other:
        told = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
        yield warning("packages", f"not at the tested versions of constraints.txt: {told}", _REMEDY)
    if not wrong and not other:
        yield ok("packages", f"{len(wanted)} required ones, at the tested versions")


def _requirements() -> list[Requirement]:
    found = map(Requirement, metadata.requires(_PRODUCT) or ())
    return [each for each in found if each.marker is None or each.marker.evaluate({"extra": ""})]


def _wrong(requirement: Requirement) -> str:
    version = _installed(requirement.name)
    if version is None:
        return f"{requirement.name} is not installed"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{requirement.name} is {version}, and emo2 needs {requirement.specifier}"
    return ""


def _pins() -> list[tuple[str, str]]:
    """(package, version) of constraints.txt; none where the checkout is not there."""
    try:
        lines = _CONSTRAINTS.read_text().splitlines()
    except OSError:
        return []
    pins = (line.partition(";")[0].strip().partition("==") for line in lines if not line.startswith("#"))
    return [(name, version) for name, sign, version in pins if sign]


def _not_pinned(pin: tuple[str, str]) -> str:
    """Empty where it is as tested, or not installed: extras may be left out."""
    name, wanted = pin
    version = _installed(name)
    if version is None or version.partition("+")[0] == wanted:  # torch's builds differ in a local version
        return ""
    return f"{canonicalize_name(name)} {version} (tested: {wanted})"


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def imports(scope: Scope) -> Iterator[Finding]:
    """All heavy packages in one process of its own: some of them crash beside a wrong version of another."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT, *_IMPORTED],
            capture_output=True,
            text=True,
            timeout=_IMPORT_WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        text = f"the packages did not load within {_IMPORT_WITHIN_S:.0f} s"
        yield warning(
            "imports", text, "try again when the machine is less busy: so late would each run begin"
        )
        return
    if done.returncode == 0:
        yield ok("imports", f"{', '.join(_IMPORTED)} load side by side")
        return
    steps = [line for line in done.stdout.splitlines() if line.startswith("[")]
    name, words = json.loads(steps[-1]) if steps else ("Python", None)
    told = words or f"it ended the process with code {done.returncode}"
    yield problem("imports", f"{name} cannot be imported beside the others: {told}", _REMEDY)
