"""The speech environment, started once, with tiny models in the true formats, and the recordings of speech/."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.annotators.speech.sounds import recording
from tests.annotators.speech.worker import SpeechWorker


@pytest.fixture(scope="session")
def worker(speech_environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpeechWorker]:
    """A process of the speech environment that finds no models but those it is given by their paths."""
    folder = tmp_path_factory.mktemp("speech")
    env = {**os.environ, "EMO2_MODELS": str(folder / "models")}
    started = SpeechWorker(speech_environment.python, folder, env)
    yield started
    started.close()


@pytest.fixture(scope="session")
def tiny(worker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Parameters that name random models, made by the environment: recognition, alignment, diarisation."""
    return worker.ask("tiny_models", folder=str(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="session")
def heard(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], np.ndarray]:
    """The samples of a recording of speech/, by its name."""
    folder = tmp_path_factory.mktemp("recordings")
    return lambda name: recording(media / "speech" / name, folder)
