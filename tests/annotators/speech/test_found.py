"""Which models the speech annotator finds, and what it tells where one is missing."""

from pathlib import Path

import pytest

from annotators.settings import SpeechParams
from annotators.speech import found
from annotators.speech.found import SpeechModels
from datasets.models import FoundModel, missing_sentence


@pytest.fixture
def here(monkeypatch) -> set[str]:
    """Ids of the models that this machine has; none at first."""
    ids: set[str] = set()

    def find_model(name: str) -> FoundModel | None:
        return FoundModel(name, Path("/models", name), f"{name}@1") if name in ids else None

    monkeypatch.setattr(found, "find_model", find_model)
    return ids


def test_a_missing_model_has_no_stamp_and_one_that_came_has(here):
    assert SpeechModels.find(SpeechParams()).stamps["recognition"] is None
    here.add("whisper-small")
    assert SpeechModels.find(SpeechParams()).stamps["recognition"] == "whisper-small@1"


def test_a_model_that_was_not_asked_for_is_told_from_one_that_is_missing(here):
    models = SpeechModels.find(SpeechParams(recognition=None, diarisation=None))
    assert (models.stamps["recognition"], models.stamps["diarisation"]) == ("none", "none")
    assert models.without_recognition() == "no model for recognition was asked for"


def test_alignment_models_count_only_where_there_are_words_to_align(here):
    here.add("wav2vec2-base-960h")
    assert SpeechModels.find(SpeechParams()).stamps["alignment"] == {}
    here.add("whisper-small")
    assert SpeechModels.find(SpeechParams()).stamps["alignment"] == {"en": "wav2vec2-base-960h@1"}


def test_another_language_needs_another_alignment_model(here):
    here.update({"whisper-small", "wav2vec2-base-960h"})
    models = SpeechModels.find(SpeechParams())
    assert models.aligns("en") is not None
    assert models.aligns("de") is None
    assert models.without_alignment("de").startswith("model ")
    assert models.without_alignment("haw") == (
        "no alignment model is known for the language haw: name one as `alignment`"
    )


def test_an_alignment_model_that_is_named_serves_every_language(here):
    here.add("my/aligner")
    models = SpeechModels.find(SpeechParams(alignment="my/aligner"))
    assert (
        models.aligns("haw")
        == models.aligns("en")
        == FoundModel("my/aligner", Path("/models/my/aligner"), "my/aligner@1")
    )


def test_a_missing_model_is_told_with_the_command_that_gets_it(here):
    models = SpeechModels.find(SpeechParams())
    assert models.without_recognition() == missing_sentence("whisper-small")
    assert models.without_diarisation() == missing_sentence("diarisation-community-1")
