"""Where models lie (datasets.models.places)."""

from pathlib import Path

import pytest

from datasets.models.places import added_folder, cached_repo, hub_cache, models_folder


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({}, "/home/someone/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/fast"}, "/fast/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/fast", "HF_HOME": "~/hf"}, "/home/someone/hf/hub"),
        ({"HF_HOME": "/hf", "HUGGINGFACE_HUB_CACHE": "/old"}, "/old"),
        ({"HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "$HOME/new"}, "/home/someone/new"),
    ],
)
def test_the_cache_is_where_huggingface_hub_has_it(monkeypatch, variables, place):
    for name in ("XDG_CACHE_HOME", "HF_HOME", "HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert hub_cache() == Path(place)
    assert cached_repo("acme/ears") == Path(place) / "models--acme--ears"


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"EMO2_MODELS": "/m", "XDG_DATA_HOME": "/data"}, "/m"),
        ({"XDG_DATA_HOME": "/data"}, "/data/emo2/models"),
        ({"HOME": "/home/someone"}, "/home/someone/.local/share/emo2/models"),
    ],
)
def test_added_models_lie_in_the_folder_of_models(monkeypatch, variables, place):
    for name in ("EMO2_MODELS", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert models_folder() == Path(place)
    assert added_folder("syncnet") == Path(place) / "hub-models" / "syncnet"
