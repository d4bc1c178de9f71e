"""What several commands take alike (flows.cli_options)."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from annotators.settings import ModelSettings
from datasets.errors import UserError
from flows.cli_options import model_fields


def settings(*options: str) -> ModelSettings:
    return ModelSettings.model_validate(model_fields(options))


def test_models_are_set_slot_by_slot_and_the_others_keep_their_defaults():
    made = settings("speech.recognition=whisper-tiny", "speech.language=en", "audio.layers=-1,-4")
    assert (made.speech.recognition, made.speech.language) == ("whisper-tiny", "en")
    assert made.audio.layers == (-1, -4)
    assert made.reference == ModelSettings().reference


def test_none_switches_a_part_off():
    assert settings("speech.diarisation=none").speech.diarisation is None


def test_a_folder_is_named_whole_and_a_repository_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert settings("audio.model=./ears").audio.model == str(tmp_path / "ears")
    assert settings("audio.model=~/ears").audio.model == str(Path("~/ears").expanduser())
    assert settings("audio.model=owner/name@1f3a").audio.model == "owner/name@1f3a"


@pytest.mark.parametrize(
    "option", ["speech", "speech.recognition", "recognition=x", ".a=b", "speech.=x", "a.b="]
)
def test_what_is_no_setting_is_refused_with_an_example(option):
    with pytest.raises(UserError, match=r"give for example speech\.recognition=whisper-tiny"):
        model_fields([option])


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(ValidationError, match=r"speech\.ears"):
        settings("speech.ears=two")
