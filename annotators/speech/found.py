"""Which of the models that were asked for are on this machine; touches neither the network nor whisperX."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotators.settings import SpeechParams
from datasets.models import FoundModel, alignment_model, find_model, known_models, missing_sentence

VAD = "whisperx-3.8.6"  # its weights lie in the package; a test holds this against the environment
_NOT_ASKED = "none"  # in the parameters, where None says missing


@dataclass(frozen=True)
class SpeechModels:
    """What was found when the annotator was made."""

    params: SpeechParams
    recognition: FoundModel | None
    diarisation: FoundModel | None
    alignment: FoundModel | None  # where one was named for all languages
    alignments: Mapping[str, FoundModel]  # by language, of those the registry names, where none was

    @classmethod
    def find(cls, params: SpeechParams) -> "SpeechModels":
        """Look for all of them; the alignment models only where something is recognised that they could align."""
        recognition = _find(params.recognition)
        by_language = recognition is not None and params.alignment is None
        return cls(
            params,
            recognition,
            _find(params.diarisation),
            _find(params.alignment),
            _alignments(params.language) if by_language else {},
        )

    @property
    def stamps(self) -> dict[str, Any]:
        """What was found of each kind: a stamp, None where it is missing, "none" where it was not asked for."""
        named = _stamp(self.params.alignment, self.alignment)
        return {
            "vad": VAD,
            "recognition": _stamp(self.params.recognition, self.recognition),
            "alignment": named
            if self.params.alignment
            else {language: found.stamp for language, found in sorted(self.alignments.items())},
            "diarisation": _stamp(self.params.diarisation, self.diarisation),
        }

    def aligns(self, language: str) -> FoundModel | None:
        """The alignment model for a language."""
        return self.alignment if self.params.alignment else self.alignments.get(language)

    def without_recognition(self) -> str:
        """Why nothing is recognised."""
        return missing_sentence(self.params.recognition) if self.params.recognition else _off("recognition")

    def without_alignment(self, language: str) -> str:
        """Why words of this language have no times."""
        if model := self.params.alignment or alignment_model(language):
            return missing_sentence(model)
        return f"no alignment model is known for the language {language}: name one as `alignment`"

    def without_diarisation(self) -> str:
        """Why nobody counts the voices."""
        return missing_sentence(self.params.diarisation) if self.params.diarisation else _off("diarisation")


def _find(name: str | None) -> FoundModel | None:
    return find_model(name) if name else None


def _alignments(language: str | None) -> dict[str, FoundModel]:
    languages = {language} if language else {each.language for each in known_models() if each.language}
    models = {each: alignment_model(each) for each in sorted(languages)}
    found = {each: find_model(model) for each, model in models.items() if model}
    return {each: model for each, model in found.items() if model}


def _stamp(name: str | None, found: FoundModel | None) -> str | None:
    if name is None:
        return _NOT_ASKED
    return found.stamp if found else None


def _off(what: str) -> str:
    return f"no model for {what} was asked for"
