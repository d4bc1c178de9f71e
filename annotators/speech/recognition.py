"""Recognition with Whisper, by whisperX' pipeline over faster-whisper, on pieces that were found before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from annotators.speech.parts import Piece
from datasets.errors import UserError
from datasets.frame import AUDIO_RATE_HZ

_PIECES_AT_ONCE = 8  # of one clip; whisperX' own default


class Recogniser:
    """Writes down what is said.

    Pieces of one clip are recognised together, those of different clips never: on a GPU the sums of a batch
    depend on its size, and a row may not depend on its neighbours.
    """

    def __init__(self, folder: Path, *, device: str, compute_type: str) -> None:
        """folder: a Whisper model in the form of CTranslate2; one thread, since workers are the parallelism."""
        from whisperx.asr import load_model

        self._given = _given_voice()
        self._pipeline = load_model(
            str(folder),
            device,
            compute_type=compute_type,
            model=_encoding_once(str(folder), device=device, compute_type=compute_type, cpu_threads=1),
            vad_model=self._given,
        )

    def __call__(
        self, samples: np.ndarray, pieces: Sequence[Piece], language: str | None
    ) -> tuple[list[str], str]:
        """The text of each piece, and the language: the one given, else what the longest piece sounds like."""
        model = self._pipeline.model
        language = language or self._heard(samples, pieces)
        if language not in model.supported_languages:
            raise UserError(f"language {language}: the recognition model speaks no such language")
        self._given.pieces = [{"start": piece.start_s, "end": piece.end_s} for piece in pieces]
        at_once = min(_PIECES_AT_ONCE, len(pieces))
        told = self._pipeline.transcribe(samples, batch_size=at_once, language=language)
        model.forget()
        return [segment["text"] for segment in told["segments"]], language

    def _heard(self, samples: np.ndarray, pieces: Sequence[Piece]) -> str:
        model = self._pipeline.model
        if not model.model.is_multilingual:
            return "en"
        longest = max(pieces, key=lambda piece: piece.end_s - piece.start_s)
        start, end = (int(time_s * AUDIO_RATE_HZ) for time_s in (longest.start_s, longest.end_s))
        features = self._pipeline.preprocess({"inputs": samples[start:end]})["inputs"]
        token, _ = model.model.detect_language(model.encode(features))[0][0]
        return token.removeprefix("<|").removesuffix("|>")


def _given_voice() -> Any:
    """What stands in for whisperX' voice activity: it answers with `pieces`, which were found before."""
    from whisperx.vads import Vad

    class GivenVoice(Vad):
        def __init__(self) -> None:
            super().__init__(vad_onset=0.5)
            self.pieces: list[dict[str, float]] = []

        def __call__(self, audio: Any, **kwargs: Any) -> list[dict[str, float]]:
            return self.pieces

        @staticmethod
        def preprocess_audio(audio: np.ndarray) -> np.ndarray:
            return audio

        @staticmethod
        def merge_chunks(segments: Any, chunk_size: float, onset: float, offset: float | None) -> Any:
            return segments

    return GivenVoice()


def _encoding_once(*args: Any, **options: Any) -> Any:
    """A Whisper whose encoder does not do the same piece twice, for its language and then for its words.

    Most clips are one piece, and the encoder is half of their cost.
    """
    from whisperx.asr import WhisperModel

    class EncodingOnce(WhisperModel):
        _last: tuple[np.ndarray, Any] | None = None

        def forget(self) -> None:
            self._last = None  # nothing is kept between clips

        def encode(self, features: Any) -> Any:
            asked = np.asarray(features)
            asked = asked[None] if asked.ndim == 2 else asked
            if self._last is None or not np.array_equal(self._last[0], asked):
                self._last = (asked, super().encode(asked))
            return self._last[1]

    return EncodingOnce(*args, **options)
