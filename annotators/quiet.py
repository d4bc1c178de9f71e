"""Silence for libraries that tell of the loading of models what nobody asked."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_stderr_silenced() -> Iterator[None]:
    """Sends file descriptor 2 to nowhere while the block runs; for loading models, not for working on media.

    MediaPipe prints its delegate and warnings there and heeds no log level. The descriptor belongs to the
    whole process, so what other threads write meanwhile is lost too; and what a crash would print, which is
    why the block should be short.
    """
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def transformers_silenced() -> Iterator[None]:
    """Without its progress bar, and without its table of weights that only training or other uses need."""
    from transformers.utils import logging  # seconds

    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
