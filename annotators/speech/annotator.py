"""The speech slot, by whisperX 3.8.6 (Bain et al. 2023, https://arxiv.org/abs/2303.00747; m-bain/whisperX).

Each of the three models may be missing: what it would have made is null then, and `speech_reason` says why. Voice
activity is always there. This module imports without whisperX; only `annotate` needs it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.settings import SpeechParams
from annotators.speech.engine import Engine
from annotators.speech.found import VAD, SpeechModels
from annotators.speech.parts import Piece, Segment, Turn, Word, covered_s, named, segments_of, spoken_by
from datasets.frame import CLIP_RATE_HZ
from datasets.models import FoundModel
from datasets.schema import SLOTS

_Row = dict[str, Any]


class SpeechAnnotator:
    """Fills `speech_*`: where there is a voice, its words, its language, and who speaks."""

    name = "speech"
    version = "1"
    schema = SLOTS["speech"]
    resources = Resources(cpus=1.0)
    environment: str | None = "speech"
    reads: tuple[str, ...] = ()
    needs: Needs = "sound"

    def __init__(self, params: SpeechParams | None = None) -> None:
        self._params = params or SpeechParams()
        self._models = SpeechModels.find(self._params)
        self._engine: Engine | None = None

    @property
    def params(self) -> dict[str, Any]:
        """A model that is missing counts: when it comes, labels made without it are stale."""
        told = self._params.model_dump(include={"language", "compute_type", "voice_onset", "voice_offset"})
        return told | self._models.stamps

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order. Raises UserError where whisperX or a model does not load."""
        return pa.RecordBatch.from_pylist([self._row(clip) for clip in clips], schema=self.schema)

    def _row(self, clip: Clip) -> _Row:
        samples = (
            np.zeros(0, np.float32) if clip.audio is None else np.ascontiguousarray(clip.audio, np.float32)
        )
        pieces = self._loaded().voice(samples) if len(samples) else []
        if not pieces or not clip.n_frames:
            return _silent()
        heard = covered_s([stretch for piece in pieces for stretch in piece.stretches])
        ratio = min(1.0, heard * CLIP_RATE_HZ / clip.n_frames)
        return {"speech_ratio": ratio} | self._told(samples, pieces)

    def _told(self, samples: np.ndarray, pieces: Sequence[Piece]) -> _Row:
        """Everything that models make of a voice."""
        account = _Account()
        said, words = self._said(samples, pieces, account)
        spoken, turns = self._spoken(samples, account)
        if words is not None:
            said["speech_words"] = [asdict(word) for word in spoken_by(words, turns)]
        return said | spoken | account.row

    def _said(
        self, samples: np.ndarray, pieces: Sequence[Piece], account: "_Account"
    ) -> tuple[_Row, list[Word] | None]:
        """Segments, text and language, and the words; only segments, without text, where nothing recognises."""
        recognised = self._loaded().recognised(samples, pieces)
        if recognised is None:
            account.missing.append(self._models.without_recognition())
            silent = [Segment(each.start_s, each.end_s, None) for piece in pieces for each in piece.stretches]
            return {"speech_segments": [asdict(segment) for segment in silent]}, None
        account.use("recognition", self._models.recognition)
        texts, language = recognised
        words = self._loaded().aligned(samples, pieces, texts, language)
        if words is None:
            account.missing.append(self._models.without_alignment(language))
        else:
            account.use("alignment", self._models.aligns(language))
        row = {
            "speech_segments": [asdict(each) for each in segments_of(pieces, texts, words, language)],
            "speech_text": " ".join(text.strip() for text in texts if text.strip()),
            "speech_language": language,
        }
        return row, None if words is None else list(chain(*words))

    def _spoken(self, samples: np.ndarray, account: "_Account") -> tuple[_Row, list[Turn]]:
        """Turns and how many voices; nothing where nobody tells voices apart."""
        found = self._loaded().turns(samples)
        if found is None:
            account.missing.append(self._models.without_diarisation())
            return {}, []
        account.use("diarisation", self._models.diarisation)
        turns = named(found)
        voices = len({turn.speaker for turn in turns})
        return {"speech_turns": [asdict(turn) for turn in turns], "speech_voices": voices}, turns

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(self._models)
        return self._engine


@dataclass
class _Account:
    """What one clip's row was made with and what it lacks."""

    used: dict[str, str] = field(default_factory=lambda: {"vad": VAD})
    missing: list[str] = field(default_factory=list)

    def use(self, kind: str, found: FoundModel | None) -> None:
        """Note a model's stamp."""
        if found is not None:
            self.used[kind] = found.stamp

    @property
    def row(self) -> _Row:
        """Its two columns; of several reasons the first, which the others may follow from."""
        reason = self.missing[0] if self.missing else None
        return {"speech_models": json.dumps(self.used, sort_keys=True), "speech_reason": reason}


def _silent() -> _Row:
    """A clip without a voice, or without sound: nothing is said by nobody, and no model is needed to know it."""
    return {
        "speech_ratio": 0.0,
        "speech_segments": [],
        "speech_text": "",
        "speech_words": [],
        "speech_turns": [],
        "speech_voices": 0,
        "speech_models": json.dumps({"vad": VAD}),
    }
