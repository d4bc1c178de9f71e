from pathlib import Path

import numpy as np
import pytest

from datasets.errors import UserError
from datasets.hand.mano_file import ModelFileError, load_mano
from datasets.hand.neutral import neutral_hand
from datasets.hand.store import add_mano, hand_model, models_folder, stored_models
from tests.datasets.hand.mano_files import mano_arrays, published, varied_hand, write_python2


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    arrays = published(mano_arrays(varied_hand(), "right"))
    return write_python2(arrays, tmp_path_factory.mktemp("mano") / "MANO_RIGHT.pkl")


def test_a_stored_model_is_the_one_in_the_file(right: Path, tmp_path: Path):
    stored, model = add_mano(right, tmp_path), load_mano(right)
    found = hand_model(stored.name, tmp_path)
    assert found.name == stored.name == model.name
    for name in ("template", "shape_dirs", "pose_dirs", "joint_regressor", "weights", "faces"):
        np.testing.assert_array_equal(getattr(found, name), getattr(model, name))
        assert not getattr(found, name).flags.writeable


def test_adding_twice_leaves_one_file(right: Path, tmp_path: Path):
    first, second = add_mano(right, tmp_path / "new"), add_mano(right, tmp_path / "new")
    assert first == second
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"{first.name}.npz"]
    assert stored_models(tmp_path / "new") == [first]


def test_a_refused_file_leaves_nothing(tmp_path: Path):
    wrong = tmp_path / "wrong.pkl"
    wrong.write_text("no model")
    with pytest.raises(ModelFileError):
        add_mano(wrong, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_neutral_needs_no_file(tmp_path: Path):
    assert hand_model("neutral", tmp_path / "nowhere") is neutral_hand()
    assert stored_models(tmp_path / "nowhere") == []


@pytest.mark.parametrize("name", ["mano-0123456789ab", "mano", "../secret", "mano-0123456789ab/../x"])
def test_an_unknown_model_is_an_error_with_the_remedy(tmp_path: Path, name: str):
    with pytest.raises(UserError, match=r"there: neutral\): run `emo2 models add mano PATH`"):
        hand_model(name, tmp_path)


def test_an_unknown_model_is_told_what_there_is(right: Path, tmp_path: Path):
    stored = add_mano(right, tmp_path)
    with pytest.raises(UserError, match=f"there: neutral, {stored.name}"):
        hand_model("mano-000000000000", tmp_path)


def test_a_model_changed_on_disk_is_refused(right: Path, tmp_path: Path):
    stored = add_mano(right, tmp_path)
    with np.load(stored.path) as content:
        arrays = dict(content)
    np.savez(stored.path, **arrays | {"template": arrays["template"] + 1e-9})
    with pytest.raises(UserError, match="is damaged: delete it"):
        hand_model(stored.name, tmp_path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", b"\x80\x04N."])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, data: bytes):
    (tmp_path / "mano-000000000000.npz").write_bytes(data)
    with pytest.raises(UserError, match="is damaged"):
        hand_model("mano-000000000000", tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error_with_the_remedy(right: Path, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="choose a writable one with EMO2_MODELS"):
        add_mano(right, tmp_path / "file" / "models")


def test_the_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path))
    assert models_folder() == tmp_path
    monkeypatch.delenv("EMO2_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert models_folder() == Path("/data/emo2/models")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert models_folder() == Path("/home/someone/.local/share/emo2/models")
