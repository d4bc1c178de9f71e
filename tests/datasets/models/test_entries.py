"""The registry (datasets.models.entries, datasets.models.table)."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from annotators.settings import ModelSettings
from datasets.errors import UserError
from datasets.models import ModelEntry, alignment_model, entry, known_models
from datasets.models.names import understood
from datasets.schema import SLOTS


def test_ids_and_repositories_are_there_once_and_are_names():
    for values in ([model.id for model in known_models()], [model.repo for model in known_models()]):
        assert len(values) == len(set(values))
    assert all(understood(model.id).entry == model for model in known_models())
    assert all(understood(model.repo).entry == model for model in known_models())


@pytest.mark.parametrize("model", known_models(), ids=lambda model: model.id)
def test_a_row_is_whole(model):
    assert model.revision is None or re.fullmatch("[0-9a-f]{40}", model.revision)
    assert model.revision is not None or not model.sha256  # a hash is of one commit
    assert model.size_bytes is None or model.size_bytes > 1_000_000
    assert set(model.needed_by) <= set(SLOTS)
    assert all((model.licence, model.purpose, model.files, model.needed_by))
    choices = [choice for pattern in (*model.files, *model.optional) for choice in pattern.split("|")]
    for path, digest in model.sha256.items():
        assert re.fullmatch("[0-9a-f]{64}", digest)
        assert any(fnmatchcase(path, choice) for choice in choices), path


def test_what_annotators_take_by_default_is_known():
    settings = ModelSettings()
    names = (
        settings.face.syncnet,
        settings.audio.model,
        settings.speech.recognition,
        settings.speech.diarisation,
    )
    assert all(entry(name) for name in (*names, settings.reference.clip) if name)


def test_every_language_has_one_alignment_model():
    languages = [model.language for model in known_models() if model.language]
    assert len(languages) == len(set(languages))
    assert alignment_model("en") == "wav2vec2-base-960h"
    assert alignment_model("de") == "alignment-de"
    assert alignment_model("tlh") is None
    assert {
        "fr",
        "de",
        "es",
        "it",
        "zh",
        "ja",
        "pt",
        "nl",
        "ru",
        "ar",
        "pl",
        "uk",
        "hi",
        "ko",
        "tr",
        "vi",
    } <= set(languages)


def test_an_unknown_id_is_refused_with_those_there_are():
    with pytest.raises(UserError, match=r"no model nose is known: choose one of .*whisper-small"):
        entry("nose")


def test_the_documentation_has_the_table_of_the_registry():
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [documented(model) for model in known_models()]


def documented(model: ModelEntry) -> str:
    """The model's row in docs/models.md."""
    cells = (
        f"`{model.id}`",
        f"{', '.join(model.needed_by)}: {model.purpose}",
        f"[{model.repo}](https://huggingface.co/{model.repo})",
        model.licence + (", gated" if model.gated else ""),
        f"{model.size_bytes / 1e6:,.0f}" if model.size_bytes else "?",
        f"`{model.revision[:12]}`" if model.revision else "at first `get`",
    )
    return f"| {' | '.join(cells)} |"
