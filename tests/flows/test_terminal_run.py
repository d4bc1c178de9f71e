"""What a terminal shows of a run's log (flows.terminal_run)."""

import io
import logging
from collections.abc import Iterator

import pytest

from flows.run_page.watching import PAGE_LINE
from flows.terminal_run import _page_lines_unseen


@pytest.fixture
def terminal() -> Iterator[io.StringIO]:
    """Where a handler such as Prefect's for the console writes; the level is as before afterwards."""
    root, text = logging.getLogger(), io.StringIO()
    level = logging.getLogger("prefect").level
    handler = logging.StreamHandler(text)
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)
    logging.getLogger("prefect").setLevel(level)


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (logging.WARNING, "a shard failed\nafterwards\n"),
        (logging.INFO, "talk_7.mp4 is quarantined\na shard failed\nafterwards\n"),
    ],
)
def test_lines_for_the_runs_page_stay_off_a_quiet_terminal(terminal, level, told):
    logging.getLogger("prefect").setLevel(level)
    logger = logging.getLogger("prefect.flow_runs")
    page = {PAGE_LINE: True, "send_to_api": False}
    with _page_lines_unseen():
        logger.warning("talk_7.mp4 is quarantined", extra=page)
        logger.warning("a shard failed", extra={"send_to_api": False})
    logger.warning("afterwards", extra=page)
    assert terminal.getvalue() == told
