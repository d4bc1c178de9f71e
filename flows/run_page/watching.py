"""`watching`: the page of a run is kept up to date while it works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from prefect.context import FlowRunContext
from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

from flows import progress
from flows.run_page.progress import ProgressArtifact, RunPage, WorkDone
from flows.run_page.worker_log import RunLog, logging_to

PAGE_LINE = "emo2_page_line"  # set on log records that are for the run's page; a terminal has its bar


@contextmanager
def watching(what: Literal["videos", "clips"]) -> Iterator[None]:
    """Keeps the progress artifact and the log of the flow run; outside a flow run it does nothing.

    For the block in which a flow works, `progress.current().started(…)` included: what is told there to the
    listener and to the run's log, by flow and workers, is shown. Whoever listens already goes on to hear it too.
    The bar is full when the block ends without an exception.
    """
    run = FlowRunContext.get()
    if run is None or run.flow_run is None:
        yield
        return
    work = WorkDone(what)
    both = progress.Several(progress.current(), work)
    with (
        logging_to(RunLog(_writer(run))),
        ProgressArtifact(work, RunPage(run.flow_run.id)),
        progress.listening(both),
    ):
        yield


def _writer(run: FlowRunContext) -> Callable[[int, str], None]:
    """Writes a line to the log of the task in hand, or of the flow."""
    of_flow = get_run_logger(run)

    def write(level: int, text: str) -> None:
        try:
            logger = get_run_logger()
        except MissingContextError:  # in a thread that is no task's
            logger = of_flow
        logger.log(level, "%s", text, extra={PAGE_LINE: True})

    return write
