"""The environments there are: NAME.in, what is asked for, and NAME.txt, every version of it as it was resolved.

The first comment of NAME.in says what the environment is for; a comment `# imports: a, b` names modules that have to
be importable in it.
"""

import hashlib
import platform
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import UserError

FOLDER = Path(__file__).parent
_KEY_CHARACTERS = 12
_IMPORTS = re.compile(r"^# *imports: *(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Recipe:
    """What an environment is made from."""

    name: str
    requirements: Path
    lock: Path

    @property
    def about(self) -> str:
        """One sentence: what it is for."""
        return self.requirements.read_text().splitlines()[0].lstrip("# ")

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules that have to be importable in it, of its own packages and of ours."""
        named = ",".join(_IMPORTS.findall(self.requirements.read_text()))
        return tuple(each.strip() for each in named.split(",") if each.strip())

    @property
    def pins(self) -> dict[str, str]:
        """Package -> version, for this Python where the lock has several."""
        from packaging.requirements import Requirement  # not needed to find an environment

        lines = map(Requirement, _lines(self.lock))
        here = [line for line in lines if line.marker is None or line.marker.evaluate()]
        return {line.name: str(line.specifier).removeprefix("==") for line in here}

    @property
    def key(self) -> str:
        """12 hex characters: the same for the same packages on the same kind of machine and Python."""
        parts = (
            *(*_lines(self.requirements), *_lines(self.lock)),
            f"{platform.python_implementation()} {sys.version_info[0]}.{sys.version_info[1]}",
            sysconfig.get_platform(),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_KEY_CHARACTERS]


def recipes() -> tuple[Recipe, ...]:
    """All of them, by name."""
    found = sorted(FOLDER.glob("*.in"))
    return tuple(Recipe(path.stem, path, path.with_suffix(".txt")) for path in found)


def recipe(name: str) -> Recipe:
    """That of this name; raises UserError with the names there are."""
    known = {each.name: each for each in recipes()}
    if name not in known:
        raise UserError(f"there is no environment {name!r}: give one of {', '.join(known)}")
    return known[name]


def _lines(path: Path) -> list[str]:
    """Without comments, so that one of them never asks for a new environment."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]
