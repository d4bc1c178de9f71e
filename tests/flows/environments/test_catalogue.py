"""What lies in the folder of environments (flows.environments.catalogue)."""

import pytest

from datasets.errors import UserError
from flows.environments.build import build
from flows.environments.build_lock import building
from flows.environments.catalogue import remove, stored_environments
from flows.environments.places import Ready, find_environment, place_of, write_ready
from flows.environments.recipes import recipe
from tests.flows.environments.tiny import write_recipe


def states() -> list[str]:
    return [each.state for each in stored_environments()]


def test_the_states_of_an_environment(tiny, wheels, tell):
    assert states() == ["not built"]
    place = place_of(recipe("tiny"))
    with building(place.folder, lambda: None):
        assert states() == ["being built"]
    place.folder.mkdir()
    assert states() == ["unfinished"]
    made = build("tiny", tell)
    assert states() == ["built"]
    (stored,) = stored_environments()
    assert (stored.folder, stored.size_bytes) == (place.folder, made.ready.size_bytes)
    write_recipe(tiny, version="2.0")
    assert states() == ["not built", "outdated"]


def test_one_is_removed_and_can_be_built_again(tiny, folder, tell):
    build("tiny", tell)
    (removed,) = remove("tiny", outdated=False)
    assert removed.size_bytes
    assert find_environment("tiny") is None
    assert [path for path in folder.iterdir() if path.is_dir()] == []
    assert remove("tiny", outdated=False) == []
    assert not build("tiny", tell).was_there


def test_the_outdated_go_and_the_one_in_use_stays(tiny, folder, tell):
    used = build("tiny", tell).environment.folder
    old = folder / "tiny-0123456789ab"
    old.mkdir()
    write_ready(old, Ready(packages={}, torch="cpu", seconds=1, size_bytes=5))
    (folder / "tinier-0123456789ab").mkdir()  # of another name
    assert [each.folder for each in remove("tiny", outdated=True)] == [old]
    assert (used.exists(), old.exists(), (folder / "tinier-0123456789ab").exists()) == (True, False, True)


def test_one_that_is_being_built_is_not_removed(tiny):
    place = place_of(recipe("tiny"))
    place.folder.mkdir(parents=True)
    with building(place.folder, lambda: None), pytest.raises(UserError, match="is being built"):
        remove("tiny", outdated=False)
    assert place.folder.exists()
