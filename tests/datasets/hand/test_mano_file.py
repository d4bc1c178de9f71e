import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from datasets.hand.mano_file import ModelFileError, content_name, load_mano
from datasets.hand.rotations import axis_angle_to_matrix
from tests.datasets.hand.mano_files import (
    Chumpy,
    mano_arrays,
    published,
    varied_hand,
    write_python2,
)
from tests.datasets.hand.smplx_poses import assert_posed_as_smplx_poses_it

HAND = varied_hand()
RIGHT = mano_arrays(HAND, "right")


def file_with(path: Path, **changed: object) -> Path:
    return write_python2(published(RIGHT) | changed, path / "MANO_RIGHT.pkl")


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_with(tmp_path_factory.mktemp("mano"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_file_poses_as_smplx_poses_it_on_both_sides(right: Path, side: str, seed: int):
    random = np.random.default_rng(seed)
    pose, betas = random.normal(0, 0.6, (4, 48)), random.normal(0, 1.5, 10)
    translation = random.normal(0, 0.3, (4, 3))
    rotations = axis_angle_to_matrix(pose.reshape(4, 16, 3))
    posed = load_mano(right).forward(rotations, translation, betas, side, vertices=True)
    assert_posed_as_smplx_poses_it(posed, HAND, side, pose, betas, translation)


def test_the_published_forms_give_the_numbers_they_stand_for(right: Path):
    model = load_mano(right)
    for name in ("template", "shape_dirs", "pose_dirs", "joint_regressor", "weights"):
        np.testing.assert_array_equal(getattr(model, name), getattr(HAND, name))
        assert getattr(model, name).dtype == np.float64
    np.testing.assert_array_equal(model.faces, HAND.faces)


@pytest.mark.parametrize("protocol", [1, 2, 3, 4])
def test_a_file_saved_again_by_python_3_is_the_same_model(right: Path, tmp_path: Path, protocol: int):
    again = tmp_path / "again.pkl"
    again.write_bytes(pickle.dumps(published(RIGHT) | {"shapedirs": HAND.shape_dirs}, protocol))
    assert load_mano(again).name == load_mano(right).name


def test_a_model_of_other_numbers_has_another_name(right: Path, tmp_path: Path):
    other = RIGHT["weights"].copy()
    other[0] = np.roll(other[0], 1)
    name = load_mano(right).name
    assert name.startswith("mano-")
    assert len(name) == len("mano-") + 12
    assert load_mano(file_with(tmp_path, weights=other)).name != name
    assert content_name(vars(HAND)) == name


class Command:
    def __init__(self, function: object, *arguments: object):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.mark.parametrize("key", ["v_template", "a key nobody reads"])
def test_a_file_that_runs_a_command_is_refused_and_runs_nothing(tmp_path: Path, key: str):
    made = tmp_path / "made"
    hostile = file_with(tmp_path, **{key: Command(os.system, f"touch {made}")})
    with pytest.raises(ModelFileError, match=r"asks for posix\.system"):
        load_mano(hostile)
    assert not made.exists()


@pytest.mark.parametrize("function", [eval, exec, getattr, __import__, np.load, pickle.loads, np.frombuffer])
def test_functions_that_could_do_harm_are_not_named_in_a_model(tmp_path: Path, function: object):
    with pytest.raises(ModelFileError, match="which a hand model does not need"):
        load_mano(file_with(tmp_path, v_template=Command(function, "1")))


@pytest.mark.parametrize(
    "call",
    [b"ccopyreg\n_reconstructor\n)R", b"ccopyreg\n_reconstructor\n(I1\ntR"],
    ids=["nothing", "a number"],
)
@pytest.mark.parametrize("key", [None, "v_template"], ids=["whole", "entry"])
def test_an_object_of_no_class_is_refused(tmp_path: Path, call: bytes, key: str | None):
    hostile = tmp_path / "hostile.pkl"
    names = [name for name in published(RIGHT) if name != key]
    entries = b"".join(b"V" + name.encode() + b"\nI1\ns" for name in names)
    hostile.write_bytes(
        b"}" + b"V" + key.encode() + b"\n" + call + b"s" + entries + b"." if key else call + b"."
    )
    with pytest.raises(ModelFileError, match=r"copyreg\._reconstructor"):
        load_mano(hostile)


def test_a_single_number_given_as_vertices_is_refused(tmp_path: Path):
    with pytest.raises(ModelFileError, match="0 vertices where MANO has 778"):
        load_mano(file_with(tmp_path, v_template=np.array(1.0)))


def test_arrays_of_python_objects_are_refused(tmp_path: Path):
    objects = np.array([[None, 1, 2]] * 778, dtype=object)
    with pytest.raises(ModelFileError, match="v_template is not an array of numbers"):
        load_mano(file_with(tmp_path, v_template=objects))


def test_a_value_that_holds_itself_is_refused(tmp_path: Path):
    endless = Chumpy("chumpy.ch Ch")
    endless.state["x"] = endless
    with pytest.raises(ModelFileError, match="shapedirs is not an array"):
        load_mano(file_with(tmp_path, shapedirs=endless))


def test_a_sparse_matrix_that_claims_a_huge_column_is_refused(tmp_path: Path):
    regressor = published(RIGHT)["J_regressor"]
    regressor.indptr = np.where(np.arange(779) == 778, 2**40, regressor.indptr)
    with pytest.raises(ModelFileError, match="J_regressor is not an array"):
        load_mano(file_with(tmp_path, J_regressor=regressor))


@pytest.mark.parametrize("index", [-1, 778 * 3 * 20])
def test_indices_outside_the_shape_directions_are_refused(tmp_path: Path, index: int):
    select = published(RIGHT)["shapedirs"]
    select.state["idxs"][5] = index
    with pytest.raises(ModelFileError, match="shapedirs is not an array"):
        load_mano(file_with(tmp_path, shapedirs=select))


def test_indices_outside_a_sparse_matrix_are_refused(tmp_path: Path):
    for index in (-1, 16):
        regressor = published(RIGHT)["J_regressor"]
        regressor.indices[3] = index
        with pytest.raises(ModelFileError, match="J_regressor is not an array"):
            load_mano(file_with(tmp_path, J_regressor=regressor))


@pytest.mark.parametrize("shape", [(10**9, 3), (-1, 3), (0, 2**63)])
def test_a_shape_that_the_bytes_cannot_fill_is_refused(tmp_path: Path, right: Path, shape: tuple[int, int]):
    old, new = (b"M" + struct.pack("<H", 778) + b"K\x03\x86", pickle.dumps(shape, 2)[2:-3])
    lying = tmp_path / "lying.pkl"
    data = right.read_bytes()
    assert old in data
    lying.write_bytes(data.replace(old, new))
    with pytest.raises(ModelFileError, match="is not an array of numbers"):
        load_mano(lying)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_truncated_file_is_refused(right: Path, tmp_path: Path, share: float):
    cut = tmp_path / "cut.pkl"
    data = right.read_bytes()
    cut.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelFileError, match="not a pickle, or a damaged one"):
        load_mano(cut)


@pytest.mark.parametrize(
    "data", [b"MANO_RIGHT\n", b"\x89PNG\r\n\x1a\n" + bytes(99), b"PK\x03\x04", b"\xff\xd8"]
)
def test_a_text_a_picture_and_an_archive_are_refused(tmp_path: Path, data: bytes):
    wrong = tmp_path / "MANO_RIGHT.pkl"
    wrong.write_bytes(data)
    with pytest.raises(ModelFileError, match=r"not a pickle.*give MANO_RIGHT\.pkl"):
        load_mano(wrong)


@pytest.mark.parametrize("path", ["nothing.pkl", "."])
def test_a_missing_file_and_a_folder_are_named(tmp_path: Path, path: str):
    with pytest.raises(ModelFileError, match="is not a file"):
        load_mano(tmp_path / path)


def test_a_huge_file_is_not_read(tmp_path: Path):
    huge = tmp_path / "huge.pkl"
    with huge.open("wb") as file:
        file.truncate(70 * 2**20)
    with pytest.raises(ModelFileError, match="more than 64 MB"):
        load_mano(huge)


def test_another_pickle_is_told_from_a_model(tmp_path: Path):
    with pytest.raises(ModelFileError, match="it holds a list"):
        load_mano(write_python2([1, 2], tmp_path / "list.pkl"))
    with pytest.raises(ModelFileError, match=r"it has no v_template.*kintree_table"):
        load_mano(write_python2({"weights": np.ones(3)}, tmp_path / "weights.pkl"))


def test_a_body_model_is_told_from_a_hand(tmp_path: Path):
    with pytest.raises(ModelFileError, match="6890 vertices where MANO has 778: a body"):
        load_mano(file_with(tmp_path, v_template=np.zeros((6890, 3))))


def test_the_left_file_is_refused_with_the_reason(tmp_path: Path):
    left = write_python2(published(mano_arrays(HAND, "left")), tmp_path / "MANO_LEFT.pkl")
    with pytest.raises(ModelFileError, match=r"left hands are made as mirror images.*give MANO_RIGHT\.pkl"):
        load_mano(left)


def nan_in(array: np.ndarray) -> np.ndarray:
    return np.where(np.arange(array.size).reshape(array.shape) == 5, np.nan, array)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"v_template": nan_in(RIGHT["v_template"])}, "v_template holds numbers that are not finite"),
        ({"posedirs": nan_in(RIGHT["posedirs"])}, "posedirs holds numbers that are not finite"),
        ({"posedirs": np.zeros((778, 3, 207))}, "posedirs has the shape"),
        ({"shapedirs": np.zeros((778, 3, 16))}, "shapedirs has the shape"),
        ({"f": RIGHT["f"] + 5}, "f names vertices that are not there"),
        ({"weights": 2 * RIGHT["weights"]}, "rows of weights do not sum to 1"),
        ({"v_template": 1000 * RIGHT["v_template"]}, "its hand is 1.* m long"),
        ({"kintree_table": RIGHT["kintree_table"][:, ::-1].copy()}, "kintree_table is not MANO's skeleton"),
        ({name: RIGHT[name][::-1].copy() for name in ("v_template", "weights")}, "is no finger tip"),
    ],
)
def test_numbers_that_cannot_be_mano_are_refused(tmp_path: Path, changed: dict[str, np.ndarray], told: str):
    if "weights" in changed and "v_template" in changed:  # vertices in another order, otherwise the same hand
        changed = changed | {"J_regressor": RIGHT["J_regressor"][:, ::-1].copy()}
    with pytest.raises(ModelFileError, match=told):
        load_mano(file_with(tmp_path, **changed))
