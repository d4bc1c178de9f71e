"""The rows of the audio slot."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from annotators.annotator import Clip
from annotators.audio import AudioAnnotator
from annotators.columns import one_value
from annotators.settings import AudioParams
from benchmarks.audio_sounds import talker_voice
from datasets.models import missing_sentence

SAMPLES = 640
NO_FRAMES = np.zeros((0, 704, 512, 3), np.uint8)


def clip(audio: np.ndarray | None, frames: int) -> Clip:
    return Clip("a", NO_FRAMES, audio=audio, stored_frames=frames)


def spoken(seconds: float, seed: int = 0) -> Clip:
    return clip(talker_voice(seed, seconds).audio, round(seconds * 25))


def row(batch: pa.RecordBatch, number: int = 0) -> pa.RecordBatch:
    return batch.slice(number, 1)


@pytest.fixture(scope="module")
def missing() -> AudioParams:
    return AudioParams(model="nobody/has-this-model")


@pytest.fixture(scope="module")
def annotator(small_model: Path) -> AudioAnnotator:
    return AudioAnnotator(AudioParams(model=str(small_model), device="cpu"))


def test_a_clip_with_sound_has_every_column_and_no_reason(annotator, small_model):
    values = annotator.annotate([spoken(4.0)]).to_pylist()[0]
    assert len(values["audio_features"]) == len(values["audio_loudness"]) == len(values["audio_pitch"]) == 100
    assert values["audio_layers"] == [-1]
    assert values["audio_model"].startswith(f"{small_model.name}@")
    assert values["audio_reason"] is None
    assert len(values["audio_onsets"]) > 5


def test_several_layers_stand_frame_by_frame(small_model):
    audio = spoken(2.0)
    both = AudioAnnotator(AudioParams(model=str(small_model), layers=(1, 2), device="cpu"))
    values = one_value(both.annotate([audio])["audio_features"])
    assert values.shape == (100, 768)
    for number, layer in enumerate((1, 2)):
        alone = AudioAnnotator(AudioParams(model=str(small_model), layers=(layer,), device="cpu"))
        assert np.array_equal(values[number::2], one_value(alone.annotate([audio])["audio_features"]))


def test_without_the_model_the_rest_is_there_and_the_reason_says_how_to_get_it(missing):
    values = AudioAnnotator(missing).annotate([spoken(2.0)]).to_pylist()[0]
    assert values["audio_features"] is values["audio_layers"] is values["audio_model"] is None
    assert values["audio_reason"] == missing_sentence("nobody/has-this-model")
    assert len(values["audio_loudness"]) == len(values["audio_pitch"]) == 50


def test_a_clip_without_sound_has_a_reason_and_nothing_else(annotator):
    values = annotator.annotate([clip(None, 50)]).to_pylist()[0]
    assert values.pop("audio_reason") == "the clip has no sound"
    assert set(values.values()) == {None}


def test_silence_is_a_value(annotator):
    values = annotator.annotate([clip(np.zeros(50 * SAMPLES, np.float32), 50)])
    assert (one_value(values["audio_loudness"]) == -100).all()
    assert np.isnan(one_value(values["audio_pitch"])[:, 0]).all()
    assert (one_value(values["audio_pitch"])[:, 1] == 0).all()
    assert values["audio_onsets"][0].as_py() == []


def test_rows_do_not_depend_on_their_company(annotator):
    """Bit for bit; the clips have lengths in common and lengths apart."""
    clips = [spoken(2.0), spoken(4.0), clip(None, 9), spoken(2.0, seed=1), spoken(16.0)]
    together = annotator.annotate(clips)
    for number, one in enumerate(clips):
        assert str(row(together, number).to_pylist()) == str(annotator.annotate([one]).to_pylist())


@pytest.mark.parametrize("samples", [0, 1, 399, 49 * SAMPLES, 51 * SAMPLES + 7])
def test_sound_shorter_or_longer_than_the_picture_is_brought_to_its_length(annotator, samples):
    sound = talker_voice(0, 4.0).audio[8000:][:samples]
    batch = annotator.annotate([clip(sound, 50)])
    assert len(batch["audio_features"][0]) == len(batch["audio_loudness"][0]) == 50


def test_values_beyond_float16_are_stored_as_its_largest(small_model, monkeypatch):
    annotator = AudioAnnotator(AudioParams(model=str(small_model), device="cpu"))
    huge = np.full((1, 1, 768), 1e6, np.float32)
    monkeypatch.setattr(annotator._features, "of", lambda audio, frames: huge * [[[-1]], [[1]]][frames % 2])
    values = one_value(annotator.annotate([clip(np.zeros(SAMPLES, np.float32), 1)])["audio_features"])
    assert (values == 65504).all()


def test_a_model_that_arrives_makes_old_labels_stale(small_model, missing):
    without, with_it = (
        AudioAnnotator(params).params
        for params in (missing, AudioParams(model=str(small_model), device="cpu"))
    )
    assert without["model"] is None
    assert with_it["model"].startswith(f"{small_model.name}@")
    assert "device" not in with_it


def test_without_a_model_nothing_of_torch_is_imported():
    code = (
        "import sys; from annotators.audio import AudioAnnotator; from annotators.settings import AudioParams\n"
        "AudioAnnotator(AudioParams(model='nobody/has-this-model'))\n"
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
