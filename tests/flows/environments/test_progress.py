"""What a person sees of a build (flows.environments.progress)."""

import io

from rich.console import Console

from flows.environments.progress import build_progress

LINES = (
    "Resolved 2 packages in 1s",
    "Downloading torch (846.9MiB)",
    "Downloaded torch",
    "+ pebble==1.0",
    "Prepared 2",
)


def test_the_main_steps_are_told_with_the_time_and_no_package():
    console = Console(file=io.StringIO(), soft_wrap=True)
    with build_progress(console) as tell:
        for line in LINES:
            tell(line)
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert [line.split("s  ", 1)[1] for line in written.splitlines()] == [
        "Resolved 2 packages in 1s",
        "Prepared 2",
    ]


def test_at_a_terminal_the_moving_line_shows_what_is_going_on():
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    with build_progress(console) as tell:
        for line in LINES:
            tell(line)
    assert "+ pebble==1.0" in console.file.getvalue()  # type: ignore[attr-defined]
