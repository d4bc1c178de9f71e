"""Hidden states of models on disk: a small random one, and wav2vec2-base where its weights are there."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from annotators.audio.features import SpeechFeatures
from annotators.audio.windows import WindowParams, window_starts
from benchmarks.audio_sounds import talker_voice, with_noise
from datasets.errors import UserError
from datasets.models import FoundModel, find_model

SAMPLES, WINDOWS = 640, WindowParams()


def loaded(
    found: FoundModel, layers: tuple[int, ...] = (-1,), windows: WindowParams = WINDOWS
) -> SpeechFeatures:
    return SpeechFeatures(found, layers, "cpu", windows)


def of(features: SpeechFeatures, audio: np.ndarray) -> np.ndarray:
    """(T, 768) of the first layer asked for."""
    return features.of(audio, len(audio) // SAMPLES)[:, 0]


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    return with_noise(talker_voice(seed, seconds).audio, 40)


def likeness(first: np.ndarray, second: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """(T,) cosine of what differs from the mean vector, which all frames share and which would flatter."""
    first, second = first - mean, second - mean
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return (first * second).sum(axis=1) / lengths


def changed_copy(found: FoundModel, folder: Path, name: str, **values: object) -> FoundModel:
    """A copy of a model with other values in one of its JSON files."""
    shutil.copytree(found.path, folder)
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    copy = find_model(str(folder))
    assert copy is not None
    return copy


class TestStates:
    def test_they_are_those_of_the_model_between_the_two_nearest_in_time(self, small_model):
        found, audio = find_model(str(small_model)), speech(3.0)
        assert found is not None
        model = AutoModel.from_pretrained(small_model, local_files_only=True).eval()
        scaled = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
        with torch.inference_mode():
            states = model(torch.from_numpy(scaled[None])).last_hidden_state[0].numpy()
        expected = 0.625 * states[0:148:2] + 0.375 * states[1:149:2]
        assert of(loaded(found), audio)[:74] == pytest.approx(expected, abs=1e-5)

    def test_layers_come_in_the_order_asked_for_and_0_is_the_transformers_input(self, make_model):
        found, audio = make_model(), speech(2.0)
        values = loaded(found, (0, -1, 2, 1)).of(audio, 50)
        assert values.shape == (50, 4, 768)
        assert np.array_equal(values[:, 1], values[:, 2])  # two layers: 2 is the last
        assert not np.allclose(values[:, 0], values[:, 3], atol=0.01)

    @pytest.mark.parametrize("kind", ["wav2vec2", "hubert", "wavlm"])
    def test_models_of_the_three_kinds_give_a_vector_a_frame(self, make_model, kind):
        values = of(loaded(make_model(kind=kind)), speech(2.0))
        assert values.shape == (50, 768)
        assert np.isfinite(values).all()

    def test_checkpoints_of_2021_give_the_same_as_those_of_today(self, make_model):
        """Their file is a pickle, and they call the weight norm's parts otherwise."""
        audio = speech(2.0)
        old = loaded(make_model(weights="pytorch_model.bin"))
        assert np.array_equal(of(old, audio), of(loaded(make_model()), audio))

    @pytest.mark.parametrize("normalise", [True, False])
    def test_the_input_is_scaled_only_where_the_checkpoint_asks_for_it(self, make_model, normalise):
        """A bias before the first norm makes the level of the input matter."""
        features = loaded(make_model(conv_bias=True, feat_extract_norm="layer", normalise=normalise))
        audio = speech(2.0)
        loud, quiet = of(features, audio), of(features, 0.05 * audio)
        assert (likeness(loud, quiet, loud.mean(axis=0)).min() > 0.999) == normalise


class TestLength:
    @pytest.mark.parametrize("frames", [0, 1, 2, 9])
    def test_the_shortest_sounds_have_a_row_a_frame(self, features, frames):
        values = features.of(speech(1.0)[: frames * SAMPLES], frames)
        assert values.shape == (frames, 1, 768)
        assert np.isfinite(values).all()

    def test_less_sound_than_a_state_sees_is_filled_with_silence(self, make_model):
        """Kernels and strides twice as wide at the end: a state sees 1040 samples, a frame has 640."""
        wide = make_model(conv_kernel=(10, 3, 3, 3, 3, 2, 4), conv_stride=(5, 2, 2, 2, 2, 2, 2))
        assert loaded(wide).of(speech(1.0)[:SAMPLES], 1).shape == (1, 1, 768)

    def test_silence_has_finite_features(self, features):
        assert np.isfinite(of(features, np.zeros(50 * SAMPLES, np.float32))).all()

    def test_long_sound_in_windows_is_like_the_whole(self, make_model):
        """What is left is the group norm's: each window has statistics of its own, as a clip of its length has.

        With the norm over channels, windows and whole differ by attention alone.
        """
        audio = speech(30.0)
        everything = WindowParams(length_frames=2000)
        for norm, least in (("group", 0.97), ("layer", 0.99)):
            found = make_model(feat_extract_norm=norm)
            whole, windows = of(loaded(found, windows=everything), audio), of(loaded(found), audio)
            assert likeness(windows, whole, whole.mean(axis=0)).mean() > least

    def test_joints_of_windows_are_no_steps(self, features):
        """From frame to frame, features move as much within a joint as elsewhere."""
        audio = speech(30.0)
        steps = np.linalg.norm(np.diff(of(features, audio), axis=0), axis=1)
        alone = np.concatenate([_steps_of_whole(features, audio, start) for start in (0, 375)])
        starts = window_starts(750, WINDOWS)
        joint = np.zeros(749, bool)
        for left, right in pairwise(starts):
            joint[right : left + WINDOWS.length_frames] = True
        assert steps[joint].max() <= 1.2 * alone.max()
        assert np.median(steps[joint]) == pytest.approx(np.median(alone), rel=0.3)


def _steps_of_whole(features: SpeechFeatures, audio: np.ndarray, start: int) -> np.ndarray:
    """(374,) how far features move from frame to frame in 15 s that go through whole."""
    part = audio[start * SAMPLES : (start + 375) * SAMPLES]
    return np.linalg.norm(np.diff(of(features, part), axis=0), axis=1)


class TestCuts:
    @pytest.mark.parametrize("frames", [300, 150])
    def test_the_same_sound_in_two_cuts_has_the_same_features_in_the_middle(self, features, frames):
        """Cuts of 12 s, and of 12 and 6: a second or more from their ends, where the context is not the same."""
        audio, later = speech(20.0), 75
        first = of(features, audio[: 300 * SAMPLES])
        second = of(features, audio[later * SAMPLES : (later + frames) * SAMPLES])
        same = likeness(first[100:200], second[25:125], first.mean(axis=0))
        assert same.mean() > 0.98
        assert same.min() > 0.95

    def test_a_frame_too_early_or_too_late_is_much_less_alike(self, features):
        """So that the test above can fail."""
        audio = speech(20.0)
        first, second = (
            of(features, audio[: 300 * SAMPLES]),
            of(features, audio[75 * SAMPLES : 375 * SAMPLES]),
        )
        for shift in (-1, 1):
            other = likeness(first[100:200], second[25 + shift : 125 + shift], first.mean(axis=0))
            assert other.mean() < 0.95

    def test_gain_changes_nothing(self, features):
        audio = speech(6.0)
        loud, quiet = of(features, audio), of(features, 0.1 * audio)
        assert likeness(loud, quiet, loud.mean(axis=0)).min() > 0.999


class _Touches:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


class TestRefusals:
    def test_another_width_names_the_models_that_fit(self, make_model):
        narrow = make_model(hidden_size=256)
        with pytest.raises(UserError, match="256 wide, and audio_features is 768: take wav2vec2-base"):
            loaded(narrow)

    @pytest.mark.parametrize("layer", [3, -4])
    def test_a_layer_the_model_lacks_names_those_it_has(self, make_model, layer):
        with pytest.raises(UserError, match=f"layers names {layer}, .* has 2: give -3 to 2"):
            loaded(make_model(), (layer,))

    def test_a_model_of_another_kind(self, make_model, tmp_path):
        picture = changed_copy(make_model(), tmp_path / "vit", "config.json")
        (picture.path / "config.json").write_text('{"model_type": "vit", "hidden_size": 768}')
        with pytest.raises(UserError, match="kind vit"):
            loaded(picture)

    def test_a_model_of_another_rate(self, make_model, tmp_path):
        slow = changed_copy(make_model(), tmp_path / "slow", "preprocessor_config.json", sampling_rate=8000)
        with pytest.raises(UserError, match="hears 8000 Hz"):
            loaded(slow)

    def test_weights_that_are_cut_short(self, make_model, tmp_path):
        folder = tmp_path / "short"
        shutil.copytree(make_model().path, folder)
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:100_000])
        with pytest.raises(UserError, match="cannot be read"):
            loaded(FoundModel("short", folder, "short@0"))

    def test_weights_of_which_some_are_missing(self, make_model, tmp_path):
        """Transformers would fill them with random numbers and warn."""
        copy = changed_copy(make_model(), tmp_path / "less", "config.json", num_hidden_layers=3)
        with pytest.raises(UserError, match=r"lacks 16 of its weights, such as encoder\.layers\.2"):
            loaded(copy)

    def test_a_pickle_that_would_run_code_does_not(self, make_model, tmp_path):
        folder, ran = tmp_path / "bad", tmp_path / "ran"
        shutil.copytree(make_model(weights="pytorch_model.bin").path, folder)
        torch.save({"wav2vec2.masked_spec_embed": _Touches(ran)}, folder / "pytorch_model.bin")
        with pytest.raises(UserError, match="cannot be read"):
            loaded(FoundModel("bad", folder, "bad@0"))
        assert not ran.exists()

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
    def test_a_gpu_that_is_not_there(self, make_model):
        with pytest.raises(UserError, match="torch sees no GPU"):
            SpeechFeatures(make_model(), (-1,), "cuda", WINDOWS)


def test_it_leaves_torchs_threads_as_they_were(features):
    before = torch.get_num_threads()
    of(features, speech(1.0))
    assert torch.get_num_threads() == before
