"""Times of words, by forced alignment with a wav2vec 2.0 model of the language."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from annotators.speech.parts import Piece, Word, words_of

_PUNKT_TABLES = ("collocations.tab", "sent_starters.txt", "abbrev_types.txt", "ortho_context.tab")


class Aligner:
    """Finds when each word of a text is said."""

    def __init__(self, folder: Path, *, language: str, device: str) -> None:
        """folder: a wav2vec 2.0 model with a head for letters (CTC), as transformers stores it."""
        from whisperx import load_align_model

        self._device, self._language = device, language
        self._sentences = without_download()
        self._model, self._metadata = load_align_model(
            language, device, model_name=str(folder), model_cache_only=True
        )
        self._model.eval()

    def __call__(
        self, samples: np.ndarray, pieces: Sequence[Piece], texts: Sequence[str]
    ) -> list[list[Word]]:
        """The words of each piece in order.

        whisperX gives a word of signs that the model does not know the time of its neighbours. Where it finds no
        way through a piece at all (more letters than there is sound for), the words are left without times.
        """
        return [self._words(samples, piece, text) for piece, text in zip(pieces, texts, strict=True)]

    def _words(self, samples: np.ndarray, piece: Piece, text: str) -> list[Word]:
        from whisperx import align

        if not text.strip():
            return []
        spoken = {"start": piece.start_s, "end": piece.end_s, "text": text}
        aligned = align([spoken], self._model, self._metadata, samples, self._device)["word_segments"]
        return [_word(each) for each in aligned] or words_of(text, self._language)


def _word(told: dict[str, Any]) -> Word:
    start_s, end_s, score = (told.get(key) for key in ("start", "end", "score"))
    if start_s is None or end_s is None:
        return Word(told["word"])
    return Word(
        told["word"],
        float(start_s),
        float(end_s),
        None if score is None else min(max(float(score), 0.0), 1.0),
    )


def without_download() -> TemporaryDirectory | None:
    """Keeps whisperX from downloading NLTK's tables for splitting text into sentences, where they are not there.

    It wants them before it aligns anything, and uses the sentences only to group the words, which does not change
    one of them. So empty tables, in the form NLTK reads, do as well. They last as long as what is returned.
    """
    import nltk
    from whisperx.utils import PUNKT_LANGUAGES

    try:
        nltk.data.find("tokenizers/punkt_tab/english/")
    except LookupError:
        folder = TemporaryDirectory(prefix="emo2-punkt-")
        for language in {"english", *PUNKT_LANGUAGES.values()}:
            tables = Path(folder.name) / "tokenizers" / "punkt_tab" / language
            tables.mkdir(parents=True)
            for table in _PUNKT_TABLES:
                (tables / table).touch()
        nltk.data.path.append(folder.name)
        return folder
    return None
