"""The models in memory, each loaded when it is first needed. Lives in the speech environment alone."""

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TypeVar

import numpy as np

from annotators.speech.alignment import Aligner
from annotators.speech.diarisation import Diariser
from annotators.speech.found import SpeechModels
from annotators.speech.parts import Piece, Turn, Word
from annotators.speech.quiet import after_import, before_import, unheard
from annotators.speech.recognition import Recogniser
from annotators.speech.voice import VoiceActivity
from datasets.errors import UserError
from datasets.models import FoundModel

_LANGUAGES_AT_ONCE = 2  # alignment models in memory, up to 1.2 GB each
_T = TypeVar("_T")


class Engine:
    """Voice activity, recognition, alignment and diarisation of one process."""

    def __init__(self, models: SpeechModels) -> None:
        """Raises UserError where there is no whisperX, or no GPU where one is asked for."""
        if find_spec("whisperx") is None:
            raise UserError(
                f"no whisperX in {sys.prefix}: speech runs in the environment of that name, "
                "which `emo2 env build speech` builds"
            )
        before_import()
        with unheard():
            import torch

            from annotators.torch_device import torch_device

            for part in ("asr", "alignment", "diarize"):
                import_module(f"whisperx.{part}")
        after_import()
        torch.set_num_threads(1)  # workers are the parallelism
        self._models, self._params = models, models.params
        self._device = torch_device(self._params.device).type
        self._aligners: dict[str, Aligner] = {}

    def voice(self, samples: np.ndarray) -> list[Piece]:
        """Where there is a voice."""
        with unheard():
            return self._voice(samples)

    def recognised(self, samples: np.ndarray, pieces: Sequence[Piece]) -> tuple[list[str], str] | None:
        """The text of each piece and the language; None without a model."""
        if self._models.recognition is None:
            return None
        with unheard():
            return self._recogniser(samples, pieces, self._params.language)

    def aligned(
        self, samples: np.ndarray, pieces: Sequence[Piece], texts: Sequence[str], language: str
    ) -> list[list[Word]] | None:
        """The words of each piece; None without a model for the language."""
        found = self._models.aligns(language)
        if found is None:
            return None
        with unheard():
            return self._aligner(found, language)(samples, pieces, texts)

    def turns(self, samples: np.ndarray) -> list[Turn] | None:
        """Who speaks when; None without a model."""
        if self._models.diarisation is None:
            return None
        with unheard():
            return self._diariser(samples)

    @cached_property
    def _voice(self) -> VoiceActivity:
        return VoiceActivity(
            onset=self._params.voice_onset, offset=self._params.voice_offset, device=self._device
        )

    @cached_property
    def _recogniser(self) -> Recogniser:
        found = self._models.recognition
        assert found is not None
        compute_type = self._params.compute_type
        if compute_type == "default":
            compute_type = "float16" if self._device == "cuda" else "int8"
        return _loaded(found, lambda: Recogniser(found.path, device=self._device, compute_type=compute_type))

    @cached_property
    def _diariser(self) -> Diariser:
        found = self._models.diarisation
        assert found is not None
        return _loaded(found, lambda: Diariser(found.path, device=self._device))

    def _aligner(self, found: FoundModel, language: str) -> Aligner:
        if language not in self._aligners:
            while len(self._aligners) >= _LANGUAGES_AT_ONCE:
                del self._aligners[next(iter(self._aligners))]
            self._aligners[language] = _loaded(
                found, lambda: Aligner(found.path, language=language, device=self._device)
            )
        return self._aligners[language]


def _loaded(found: FoundModel, load: Callable[[], _T]) -> _T:
    """What `load` gives; raises UserError for a folder of another kind of model, or one this device cannot run."""
    try:
        return load()
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"model {found.name} in {found.path} does not load ({error}): "
            "name one of `emo2 models list`, or another arithmetic for this device"
        ) from error
