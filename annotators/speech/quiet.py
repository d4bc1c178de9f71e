"""What whisperX and the libraries below it say and send of themselves, kept from doing so."""

import io
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

_LOGGERS = ("lightning", "lightning.pytorch", "lightning_fabric", "pytorch_lightning", "faster_whisper")


def before_import() -> None:
    """To be called before anything of whisperX is imported: these are read then, for the whole process.

    pyannote reports every model and every length of audio to its makers unless told not to. Everything is loaded
    from folders; where one lacks a file, some libraries would ask the Hub for another's, so it is out of bounds.
    """
    os.environ["PYANNOTE_METRICS_ENABLED"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def after_import() -> None:
    """These set their own loggers up while they are imported; errors are still printed."""
    import whisperx

    whisperx.setup_logging(level="error")
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def unheard() -> Iterator[None]:
    """No warnings and nothing on stdout while the block runs; exceptions pass."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
