"""Whether files are what they should be (datasets.models.verify)."""

import hashlib

import pytest

from datasets.models.hub import HubFile
from datasets.models.lock import LockedFile, LockedModel
from datasets.models.verify import damaged, flaw, git_id_of, sha256_of
from tests.model_hub import git_id

CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(CONTENT)
    return path


def test_gits_name_of_a_file_is_that_of_git(path):
    path.write_bytes(b"hello\n")
    assert (
        git_id_of(path) == "ce013625030ba8dba906f756967f9e9ca394464a"
    )  # echo hello | git hash-object --stdin


@pytest.mark.parametrize(
    ("offered", "known", "told"),
    [
        (HubFile("model.bin", 7, DIGEST, None), {}, None),
        (HubFile("model.bin", 7, "0" * 64, None), {}, "the Hub says 000000000000"),
        (HubFile("model.bin", 7, None, git_id(CONTENT)), {}, None),
        (HubFile("model.bin", 7, None, git_id(b"others")), {}, "not what the Hub says"),
        (HubFile("model.bin", 7, DIGEST, None), {"model.bin": DIGEST}, None),
        (HubFile("model.bin", 7, DIGEST, None), {"model.bin": "1" * 64}, "111111111111... is expected"),
    ],
)
def test_a_file_is_held_against_what_is_known_of_it(path, offered, known, told):
    found = flaw(path, offered, known, sha256_of(path))
    assert found is None if told is None else told in found


def test_lost_and_changed_files_are_damaged(path):
    same, lost = LockedFile(7, DIGEST), LockedFile(7, DIGEST)
    locked = LockedModel("1" * 40, "now", {"model.bin": same, "lost.bin": lost})
    assert damaged(path.parent, locked) == ["lost.bin"]
    path.write_bytes(CONTENT[::-1])
    assert damaged(path.parent, locked) == ["model.bin", "lost.bin"]
