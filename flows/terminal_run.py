"""Runs a flow from the command line: with a progress bar, Prefect's temporary server, and one sentence at the end."""

import sys
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from datasets.errors import UserError
from flows import progress
from flows.interrupts import stopped_by_signals
from flows.prefect_server import start_temporary_server
from flows.run_states import REFUSED
from flows.terminal import IngestBar


def run_in_terminal(flow: Any, config: BaseModel, *, what: str = "videos") -> None:
    """Run a flow whose only parameter is `config`; print its state's message.

    what: the bar counts. Raises UserError where the flow refuses, and exits with 1 where it fails.
    """
    console = Console()
    with stopped_by_signals(), IngestBar(console, what) as bar, progress.listening(bar):
        start_temporary_server()
        state = flow(config, return_state=True)
    message = state.message or f"the run ended as {state.name}"
    if state.name == REFUSED:
        raise UserError(message)
    if not state.is_completed():
        print(f"emo2: {message}", file=sys.stderr)
        sys.exit(1)
    console.print(message)
