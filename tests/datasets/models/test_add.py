"""Models are put in place without a network (datasets.models.add)."""

import shutil

import pytest

from datasets.errors import UserError
from datasets.models import find_model
from datasets.models.add import add_model
from datasets.models.fetch import get_model
from datasets.models.places import added_folder
from tests.datasets.models.conftest import PINNED, WEIGHTS
from tests.datasets.models.test_contents import write

EARS = {"config.json": b"{}", "pytorch_model.bin": WEIGHTS}


def test_a_folder_is_copied_and_found(registry, tmp_path):
    source = write(tmp_path / "download", EARS | {"README.md": b"no part of it", "vocab.json": b"[]"})
    found = add_model("ears", source)
    shutil.rmtree(source)
    assert find_model("ears") == found
    assert found.path == added_folder("ears")
    names = sorted(path.name for path in found.path.iterdir())
    assert names == [".emo2.json", "config.json", "pytorch_model.bin", "vocab.json"]


def test_a_file_is_put_where_the_repository_has_it(registry, tmp_path):
    source = write(tmp_path, {"my mouth.bin": WEIGHTS}) / "my mouth.bin"
    assert (add_model("mouth", source).path / "auxiliary" / "mouth.model").read_bytes() == WEIGHTS


def test_a_file_in_no_folder_is_put_where_the_repository_has_it(registry, tmp_path):
    found = add_model("mouth", write(tmp_path / "flat", {"mouth.model": WEIGHTS}))
    assert (found.path / "auxiliary" / "mouth.model").read_bytes() == WEIGHTS


def test_a_carried_cache_has_the_stamp_that_it_has_where_it_was_got(hub, registry, machine, tmp_path):
    for name, repo in (("ears", "acme--ears"), ("mouth", "acme--mouth")):
        got = get_model(name)
        carried = tmp_path / "stick" / f"models--{repo}"
        shutil.copytree(machine.cache / f"models--{repo}", carried, symlinks=True)
        shutil.rmtree(machine.cache)
        (machine.models / "models.lock.json").unlink()
        assert add_model(name, carried).stamp == got.stamp


def test_files_with_the_registrys_hashes_have_its_commit(registry, monkeypatch, tmp_path):
    """So the same weights from their authors' own site are the same model."""
    from dataclasses import replace
    from hashlib import sha256

    hashes = {"auxiliary/mouth.model": sha256(WEIGHTS).hexdigest()}
    known = replace(registry["mouth"], revision=PINNED, sha256=hashes)
    monkeypatch.setattr("datasets.models.table.MODELS", (known,))
    assert add_model("mouth", write(tmp_path, {"mouth.model": WEIGHTS})).stamp == f"mouth@{PINNED[:12]}"


def test_a_second_copy_takes_the_place_of_the_first(registry, tmp_path):
    first = add_model("mouth", write(tmp_path / "1", {"mouth.model": WEIGHTS}))
    second = add_model("mouth", write(tmp_path / "2", {"mouth.model": WEIGHTS[::-1]}))
    assert first.path == second.path
    assert first.stamp != second.stamp
    assert [path.name for path in added_folder("mouth").parent.iterdir()] == ["mouth"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"config.json": b"{}"}, r"lacks model.safetensors\|pytorch_model.bin of ears: acme/ears on the Hub"),
        ({"config.json": b"{}", "pytorch_model.bin": b"others"}, "is not that of ears .* get it again"),
    ],
)
def test_what_is_not_the_model_is_refused_and_leaves_nothing(registry, tmp_path, files, told):
    with pytest.raises(UserError, match=told):
        add_model("ears", write(tmp_path / "download", files))
    assert find_model("ears") is None
    assert not list(added_folder("ears").parent.glob("*"))


def test_one_file_of_several_is_refused(registry, tmp_path):
    with pytest.raises(UserError, match=r"ears is more than pytorch_model\.bin: give a folder"):
        add_model("ears", write(tmp_path, EARS) / "pytorch_model.bin")


def test_an_unknown_id_is_refused_with_those_there_are(registry, tmp_path):
    with pytest.raises(UserError, match="no model nose is known: choose one of ears, mouth"):
        add_model("nose", tmp_path)


def test_a_place_that_is_not_there_is_refused(registry, tmp_path):
    with pytest.raises(UserError, match="is not there: give the file or folder of ears"):
        add_model("ears", tmp_path / "nowhere")


def test_a_models_folder_that_cannot_be_written_is_told(registry, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"cannot be put into .* choose another with EMO2_MODELS"):
        add_model("mouth", write(tmp_path / "1", {"mouth.model": WEIGHTS}))
