"""Speech models for the tests of the audio annotator: a small random one, and the real one where it is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from annotators.audio.annotator import MeasureParams
from annotators.audio.features import SpeechFeatures
from benchmarks.audio_models import save_speech_model
from datasets.models import FoundModel, find_model

MakeModel = Callable[..., FoundModel]


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """`save_speech_model` with these arguments; each model is written once a session."""
    made: dict[str, FoundModel] = {}

    def make(**arguments: Any) -> FoundModel:
        key = repr(sorted(arguments.items()))
        if key not in made:
            folder = save_speech_model(tmp_path_factory.mktemp("model") / "small", **arguments)
            found = find_model(str(folder))
            assert found is not None
            made[key] = found
        return made[key]

    return make


@pytest.fixture(scope="session")
def small_model(make_model: MakeModel) -> Path:
    """The folder of a random wav2vec 2.0 with group norm, as the base models have it."""
    return make_model().path


@pytest.fixture(scope="session", params=["random", "real"])
def features(request: pytest.FixtureRequest, make_model: MakeModel) -> SpeechFeatures:
    """Of the last layer, on a CPU; once with random weights and once with the real ones."""
    found = make_model() if request.param == "random" else find_model("wav2vec2-base")
    if found is None:
        pytest.skip("the weights of wav2vec2-base are not on this machine")
    return SpeechFeatures(found, (-1,), "cpu", MeasureParams().windows)


@pytest.fixture(scope="session")
def recording(media: Path) -> Callable[[str, float], np.ndarray]:
    """The first seconds of one of the media's files of speech: (S,) float32 at 16 kHz."""

    def read(name: str, seconds: float) -> np.ndarray:
        resampler = av.AudioResampler("flt", "mono", 16_000)
        with av.open(str(media / "speech" / name)) as container:
            parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        return np.concatenate([part.to_ndarray()[0] for part in parts])[: round(seconds * 16_000)]

    return read


@pytest.fixture(scope="session")
def turns_s(media: Path) -> np.ndarray:
    """(N, 2) when each turn of two_speakers.wav begins and ends."""
    fields = [line.split() for line in (media / "speech" / "two_speakers.rttm").read_text().splitlines()]
    starts, lengths = (np.array([float(line[column]) for line in fields if line]) for column in (3, 4))
    return np.stack([starts, starts + lengths], axis=1)
