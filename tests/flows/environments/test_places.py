"""Where environments lie and when they count (flows.environments.places)."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.environments.places import (
    Ready,
    environments_folder,
    find_environment,
    place_of,
    read_ready,
    remove_ready,
    stored_folders,
    write_ready,
)
from flows.environments.recipes import recipe

READY = Ready(packages={"pebble": "1.0"}, torch="cpu", seconds=1.5, size_bytes=1000)


def pretend(folder: Path) -> Path:
    """An environment with an interpreter, not marked."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text("")
    return folder


def test_the_folder_is_chosen_by_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EMO2_ENVIRONMENTS", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert environments_folder() == tmp_path / "home" / ".local" / "share" / "emo2" / "environments"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert environments_folder() == tmp_path / "data" / "emo2" / "environments"
    monkeypatch.setenv("EMO2_ENVIRONMENTS", str(tmp_path / "mine"))
    assert environments_folder() == tmp_path / "mine"


def test_it_is_absolute_since_workers_have_another_working_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMO2_ENVIRONMENTS", "mine")
    assert environments_folder() == tmp_path / "mine"


def test_one_counts_once_its_marker_is_there(tiny):
    place = place_of(recipe("tiny"))
    assert find_environment("tiny") is None
    pretend(place.folder)
    assert find_environment("tiny") is None
    write_ready(place.folder, READY)
    assert find_environment("tiny") == place
    remove_ready(place.folder)
    assert find_environment("tiny") is None


@given(length=st.integers(0, 80))
def test_half_a_marker_is_none(length, tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment")
    write_ready(folder, READY)
    marker = folder / "ready.json"
    marker.write_text(marker.read_text()[:length])
    assert read_ready(folder) is None


def test_a_marker_tells_what_was_written(tmp_path):
    write_ready(tmp_path, READY)
    assert read_ready(tmp_path) == READY
    assert [path.name for path in tmp_path.iterdir()] == ["ready.json"]


def test_folders_of_other_names_and_other_files_are_none_of_ours(tiny, folder):
    for name in ("tiny-0123456789ab", "tiny-big-0123456789ab", "tiny-notes", ".tiny-0123456789ab.lock"):
        (folder / name).mkdir(parents=True)
    assert [path.name for path in stored_folders("tiny")] == ["tiny-0123456789ab"]


def test_an_unknown_name_is_an_error_not_an_absence(tiny):
    with pytest.raises(Exception, match="no environment 'voice'"):
        find_environment("voice")
