"""What a person sees of a build: a line that moves at a terminal, else the main steps."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from flows.environments.installer import Tell

# Shown on the moving line alone: one package each, remarks on the cache, and errors, whose cause is told at the end.
_PASSING = re.compile(
    r"[+~-] \S+==\S+$"
    r"|(Downloading|Downloaded|Building|Built|Collecting|Using|Requirement already|Installing collected)\b"
    r"|(Successfully|Looking in|Processing|If the cache|If this is)\b"
    r"|(warning|error|cause|hint|WARNING|ERROR):|\[notice\]"
)


@contextmanager
def build_progress(console: Console) -> Iterator[Tell]:
    """Gives what is to be called with each line."""
    started_s = time.monotonic()

    def steps(line: str) -> None:
        if line and not _PASSING.match(line):
            console.print(f"{time.monotonic() - started_s:4.0f} s  {line}")

    if not console.is_terminal:
        yield steps
        return
    with console.status("starting") as status:

        def tell(line: str) -> None:
            steps(line)
            status.update(f"{line} ({time.monotonic() - started_s:.0f} s)")

        yield tell
