"""The log of the run, or Prefect's own where there is no run."""

import logging

from prefect.exceptions import MissingContextError
from prefect.logging import get_logger, get_run_logger


def run_logger() -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
    """Where a line for the run's Logs tab goes."""
    try:
        return get_run_logger()
    except MissingContextError:
        return get_logger("emo2")
