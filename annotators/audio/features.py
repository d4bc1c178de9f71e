"""Hidden states of a speech model, one vector a frame. Imports torch and transformers: seconds and memory.

What a frame's vector depends on besides the sound near it, and what is done about it:

- the clip's beginning, where states are counted from: a frame is exactly two states of 20 ms, so two cuts that
  begin on frames of the same video give states at the same samples;
- the length of the clip: states are placed by time (states.py), not stretched to the number of frames;
- the level of the clip: the input is scaled as the checkpoint asks, over the whole clip. The group norm of the base
  models undoes any scale anyway, with statistics of all the clip, and attention sees all of it too. Those are the
  model; clips up to 15 s go through whole, as anybody would send them. So a pause has other features in a cut that
  holds nothing else than beside speech: there, its noise is all there is to scale by.

Clips go through one by one, so that a row does not depend on its company: padding would change the statistics of
group norm. Four clips of one length at once take a core as long as one after another (5.4 s for 4 of 6 s).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModel, Wav2Vec2FeatureExtractor

from annotators.audio.frames import SAMPLES_A_FRAME
from annotators.audio.states import StateClock
from annotators.audio.windows import WindowParams, joined
from annotators.quiet import transformers_silenced
from annotators.settings import Device
from annotators.torch_device import one_thread, torch_device
from datasets.errors import UserError
from datasets.frame import AUDIO_RATE_HZ
from datasets.models import FoundModel, known_models
from datasets.schema import AUDIO_WIDTH


class SpeechFeatures:
    """A wav2vec 2.0, HuBERT, WavLM or the like from a folder of this machine, in float32.

    layers: indices of its hidden states, 0 what the transformer is given, -1 its last layer. Raises UserError for a
    model that is damaged, of another kind, width or rate, for a layer it lacks, and for a GPU that is not there.
    """

    def __init__(
        self, found: FoundModel, layers: Sequence[int], device: Device, windows: WindowParams
    ) -> None:
        config = _config(found)
        _check_layers(found.name, layers, config.num_hidden_layers)
        self._layers, self._windows = tuple(layers), windows
        self._clock = StateClock.of(config)
        self._device = torch_device(device)
        self._scaled = _extractor(found)
        self._model = _model(found).to(self._device)

    def of(self, audio: np.ndarray, frames: int) -> np.ndarray:
        """(T, layers, 768) float32 of (T * 640,) samples in [-1, 1] at 16 kHz."""
        if frames == 0:
            return np.zeros((0, len(self._layers), AUDIO_WIDTH), np.float32)
        scaled = self._scaled(audio, sampling_rate=AUDIO_RATE_HZ, return_tensors="np")["input_values"][0]

        def values_of(start: int, end: int) -> np.ndarray:
            states = self._states(scaled[start * SAMPLES_A_FRAME : end * SAMPLES_A_FRAME])
            return self._clock.at_frames(states, end - start)

        with one_thread(self._device):
            return joined(values_of, frames, self._windows)

    def _states(self, samples: np.ndarray) -> np.ndarray:
        """(N, layers, 768) of scaled samples; one state where they are fewer than it sees."""
        padded = np.pad(samples, (0, max(self._clock.field - len(samples), 0)))
        with torch.inference_mode():
            sound = torch.from_numpy(padded[None]).to(self._device)
            hidden = self._model(sound, output_hidden_states=True).hidden_states
            chosen = torch.stack([hidden[layer][0] for layer in self._layers], dim=1)
        return chosen.cpu().numpy()


def _config(found: FoundModel) -> Any:
    with _readable(found):
        config = AutoConfig.from_pretrained(found.path, local_files_only=True, trust_remote_code=False)
    if not getattr(config, "conv_kernel", None) or not hasattr(config, "num_hidden_layers"):
        raise UserError(
            f"model {found.name} is of the kind {config.model_type}, which gives no features of sound: {_remedy()}"
        )
    if config.hidden_size != AUDIO_WIDTH:
        raise UserError(
            f"model {found.name} is {config.hidden_size} wide, and audio_features is {AUDIO_WIDTH}: {_remedy()}"
        )
    return config


def _model(found: FoundModel) -> Any:
    """In evaluation mode: no dropout, no masking."""
    with _readable(found), transformers_silenced():
        model, told = AutoModel.from_pretrained(
            found.path,
            local_files_only=True,
            trust_remote_code=False,
            weights_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    if missing := set(told["missing_keys"]) - {"masked_spec_embed"}:  # that one is for training alone
        raise UserError(
            f"model {found.name} lacks {len(missing)} of its weights, such as {min(missing)}: get it again"
        )
    return model.eval()


def _extractor(found: FoundModel) -> Wav2Vec2FeatureExtractor:
    """Scales sound to mean 0 and variance 1 where the checkpoint asks for it."""
    with _readable(found):
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(found.path, local_files_only=True)
    if extractor.sampling_rate != AUDIO_RATE_HZ:
        raise UserError(
            f"model {found.name} hears {extractor.sampling_rate} Hz, and clips have {AUDIO_RATE_HZ}: {_remedy()}"
        )
    return extractor


def _check_layers(name: str, layers: Sequence[int], count: int) -> None:
    for layer in layers:
        if not -count - 1 <= layer <= count:
            raise UserError(
                f"layers names {layer}, and model {name} has {count}: "
                f"give {-count - 1} to {count}, 0 being their input"
            )


def _remedy() -> str:
    fitting = ", ".join(model.id for model in known_models() if "audio" in model.needed_by)
    return f"take {fitting}, or another base model of wav2vec 2.0's kind"


@contextmanager
def _readable(found: FoundModel) -> Iterator[None]:
    """Whatever transformers raises about a folder becomes one sentence about it."""
    try:
        yield
    except Exception as error:  # of a dozen classes, from OSError to those of safetensors and pickle
        reason = str(error).strip().splitlines()
        raise UserError(
            f"model {found.name} cannot be read from {found.path} ({reason[0] if reason else error!r}): "
            "get it again, or name another folder"
        ) from error
