"""Runs a flow from the command line: with a progress bar, Prefect's temporary server, and one sentence at the end."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from datasets.errors import UserError
from flows import progress
from flows.interrupts import stopped_by_signals
from flows.prefect_server import start_temporary_server
from flows.run_page.watching import PAGE_LINE
from flows.run_states import REFUSED
from flows.terminal import IngestBar


def run_in_terminal(flow: Any, config: BaseModel, *, what: str = "videos") -> None:
    """Run a flow whose only parameter is `config`; print its state's message.

    what: the bar counts. Raises UserError where the flow refuses, and exits with 1 where it fails.
    """
    console = Console()
    with stopped_by_signals(), _page_lines_unseen(), IngestBar(console, what) as bar, progress.listening(bar):
        start_temporary_server()
        state = flow(config, return_state=True)
    message = state.message or f"the run ended as {state.name}"
    if state.name == REFUSED:
        raise UserError(message)
    if not state.is_completed():
        print(f"emo2: {message}", file=sys.stderr)
        sys.exit(1)
    console.print(message)


@contextmanager
def _page_lines_unseen() -> Iterator[None]:
    """Keeps the log of the run's page off the terminal, which has the bar; who set the level to INFO reads it."""
    if logging.getLogger("prefect").isEnabledFor(logging.INFO):
        yield
        return
    handlers = logging.getLogger().handlers[:]
    for handler in handlers:
        handler.addFilter(_is_no_page_line)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(_is_no_page_line)


def _is_no_page_line(record: logging.LogRecord) -> bool:
    return not getattr(record, PAGE_LINE, False)
