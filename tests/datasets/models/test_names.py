"""What a person may write for a model (datasets.models.names)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.models import find_model, missing_sentence
from datasets.models.names import ModelName, understood


def test_an_id_is_an_entry_with_or_without_a_revision(registry):
    assert understood("ears") == ModelName(entry=registry["ears"], repo="acme/ears")
    assert understood("ears@v2") == ModelName(entry=registry["ears"], repo="acme/ears", revision="v2")


def test_a_repository_of_the_registry_is_its_entry(registry):
    assert understood("acme/ears@v2") == ModelName(entry=registry["ears"], repo="acme/ears", revision="v2")


def test_another_repository_is_itself(registry):
    assert understood("someone/tiny.en") == ModelName(repo="someone/tiny.en")


def test_a_folder_named_like_an_id_beside_a_run_changes_nothing(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ears").mkdir()
    assert understood("ears").entry == registry["ears"]
    assert understood("./ears").path is not None


def test_what_is_there_is_a_path_before_it_is_a_repository(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "someone" / "tiny").mkdir(parents=True)
    assert understood("someone/tiny").repo is None
    assert understood("someone/other").repo == "someone/other"


@pytest.mark.parametrize(
    "name", ["", "nothing", "a//b", "../a", "owner/..", "owner/na me", "owner/name@", "a@b@c", "\0"]
)
def test_what_can_be_no_repository_is_none(registry, name):
    assert understood(name).repo is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ears", "model ears is not on this machine: run `emo2 models get ears`"),
        ("a/b@v2", "model a/b@v2 is not on this machine: run `emo2 models get a/b@v2`"),
        (
            "/no/such",
            "model /no/such is not on this machine: put it there, or name one of `emo2 models list`",
        ),
        (
            "nose",
            "model nose is not known: name one of `emo2 models list`, a repository of the Hub, or a folder",
        ),
    ],
)
def test_a_missing_model_is_told_with_the_remedy(registry, name, sentence):
    assert missing_sentence(name) == sentence


def test_a_name_too_long_for_a_file_is_none():
    assert find_model("a" * 300) is None
    assert find_model("/" + "a" * 300) is None


@given(st.text(max_size=40))
def test_any_text_is_understood_and_none_raises(text):
    asked = understood(text)
    assert asked.repo is None or asked.path is None
    assert ".." not in (asked.repo or "")
    assert missing_sentence(text).startswith(f"model {text} is not ")


@given(st.from_regex(r"[a-z0-9]{1,8}/[a-z0-9.]{1,8}(@[a-z0-9]{1,8})?", fullmatch=True))
def test_a_repository_that_is_not_here_is_not_found(name):
    assert find_model(name) is None
