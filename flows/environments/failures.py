"""Why a build failed, read from what its installer said."""

import re
from collections.abc import Sequence
from pathlib import Path

from datasets.errors import UserError
from flows.environments.places import FOLDER_VARIABLE, Environment

_CAUSES = ("error:", "ERROR:", "cause:", "Caused by:", "╰─▶")  # uv's and pip's; the last one is the deepest
_REMARKS = ("hint", "help", "note", "[notice]", "warning")
_NO_ROOM = re.compile(r"no space left|disk quota|os error 28\b", re.IGNORECASE)
_NO_NETWORK = re.compile(
    r"dns error|connect error|connection (refused|broken|reset)|network was disabled|timed out|"
    r"error sending request|temporary failure in name",
    re.IGNORECASE,
)
_WORDS_KEPT = 300
_LINES_READ = 40


class InstallFailed(Exception):
    """A step of a build did not work; all that its program said, one line each."""

    def __init__(self, *said: str) -> None:
        super().__init__(last_words(said))
        self.said = said[-_LINES_READ:]


def last_words(said: Sequence[str]) -> str:
    """The cause in one line: the deepest that the installer names, after what it tried to fetch.

    >>> last_words(["Resolved 2 packages", "error: Failed to install: a.whl", "cause: No space left on device"])
    'No space left on device'
    """
    lines = [line for line in said if line.strip("│× ") and not line.lower().startswith(_REMARKS)]
    starts = [number for number, line in enumerate(lines) if line.startswith(_CAUSES)]
    words = " ".join(lines[starts[-1] :] if starts else lines[-1:])
    fetched = [line for line in lines[-_LINES_READ:] if "Failed to fetch" in line]
    told = [_bare(line) for line in (*fetched[-1:], words)]
    kept = ": ".join(dict.fromkeys(told))  # the fetching may itself be the deepest cause
    return kept if len(kept) <= _WORDS_KEPT else f"...{kept[-_WORDS_KEPT:]}"


def sentence(place: Environment, failure: InstallFailed) -> UserError:
    """For the person who asked for the environment."""
    return UserError(
        f"the environment {place.name} could not be built ({failure}): {_remedy(place, failure.said)}"
    )


def cannot_write(place: Path, error: OSError) -> UserError:
    """For a folder of environments that takes nothing."""
    return UserError(
        f"the folder of environments {place} cannot be written ({error.strerror}): "
        f"choose a writable one with {FOLDER_VARIABLE}"
    )


def _remedy(place: Environment, said: Sequence[str]) -> str:
    again, everything = f"run `emo2 env build {place.name}` again", "\n".join(said)
    if _NO_ROOM.search(everything):
        return f"make room in {place.folder.parent}, or choose another folder with {FOLDER_VARIABLE}; then {again}"
    if _NO_NETWORK.search(everything):
        return f"see to the network, or name a folder of wheels in UV_FIND_LINKS; then {again}"
    return f"mend that, then {again}"


def _bare(line: str) -> str:
    for mark in _CAUSES:
        line = line.removeprefix(mark).strip()
    return line
