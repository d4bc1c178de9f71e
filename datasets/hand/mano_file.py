"""The hand model in the user's MANO_RIGHT.pkl (Romero et al. 2017), read without running anything in the file.

The published file is a pickle of Python 2 in which `shapedirs` is an expression of the package chumpy: ten of
twenty shape directions, picked by flat index. Neither Python 2 nor chumpy is needed to read it here.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from datasets.errors import UserError
from datasets.hand.inert_pickle import PickleRefused, read_pickle
from datasets.hand.model import (
    MANO_PARENTS,
    N_BETAS,
    N_FACES,
    N_JOINTS,
    N_VERTICES,
    TIP_VERTICES,
    HandModel,
)
from datasets.hand.pickled_arrays import ALLOWED_NAMES, array_of, kind_of

REMEDY = "give MANO_RIGHT.pkl as downloaded from mano.is.tue.mpg.de"
# Our names, MANO's names and shapes.
_ARRAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "template": ("v_template", (N_VERTICES, 3)),
    "shape_dirs": ("shapedirs", (N_VERTICES, 3, N_BETAS)),
    "pose_dirs": ("posedirs", (N_VERTICES, 3, 9 * (N_JOINTS - 1))),
    "joint_regressor": ("J_regressor", (N_JOINTS, N_VERTICES)),
    "weights": ("weights", (N_VERTICES, N_JOINTS)),
    "faces": ("f", (N_FACES, 3)),
}
_TREE = "kintree_table"
_MAX_BYTES = 64 * 2**20  # a published file has about 4 MB
_TIP_JOINTS = (15, 3, 6, 12, 9)  # the last joint of each finger, as TIP_VERTICES
_LENGTH_RANGE_M = (0.1, 0.4)  # of a hand with its wrist
_WEIGHTS_TOLERANCE = 1e-3


class ModelFileError(UserError):
    """A file that was given as a hand model cannot be one."""


def load_mano(path: str | Path) -> HandModel:
    """The right hand in a MANO_RIGHT.pkl, named "mano-" and 12 hex digits of a hash of its arrays.

    Takes the file as published, and one saved again by Python 3 (protocols 1 to 4), with or without chumpy.
    Raises ModelFileError for anything else: a file that names more than arrays, a body model, NaN, or
    MANO_LEFT.pkl. Left hands are made here as mirror images of the right one; the shape directions of the
    published left file are not mirrored (github.com/vchoutas/smplx/issues/48).
    """
    path = Path(path)
    try:
        model = _model(_bytes(path))
    except PickleRefused as refusal:
        raise ModelFileError(f"{path} is not taken as a hand model: {refusal}; {REMEDY}") from refusal
    if problem := flaw(model):
        raise ModelFileError(f"{path} is not taken as a hand model: {problem}; {REMEDY}")
    return model


def content_name(arrays: Mapping[str, np.ndarray]) -> str:
    """The name of a model made of these arrays: "mano-", 12 hex digits of SHA-256 over their numbers.

    Over template, shape_dirs, pose_dirs, joint_regressor, weights and faces, row by row, as little-endian
    doubles and (faces) 64-bit integers; so the name stays when the same numbers are saved in another format.
    """
    digest = hashlib.sha256()
    for name in _ARRAYS:
        kind = "<i8" if name == "faces" else "<f8"
        digest.update(np.ascontiguousarray(arrays[name], dtype=kind).tobytes())
    return f"mano-{digest.hexdigest()[:12]}"


def flaw(model: HandModel) -> str | None:
    """Why the arrays cannot be a right hand in MANO's format and in metres; None where they can."""
    for ours, (theirs, shape) in _ARRAYS.items():
        array = getattr(model, ours)
        if array.shape != shape:
            return f"{theirs} has the shape {array.shape} where MANO has {shape}"
        if not np.isfinite(array).all():
            return f"{theirs} holds numbers that are not finite"
    if model.faces.min() < 0 or model.faces.max() >= N_VERTICES:
        return "f names vertices that are not there"
    if np.abs(model.weights.sum(axis=1) - 1).max() > _WEIGHTS_TOLERANCE:
        return "the rows of weights do not sum to 1"
    length_m = float(np.ptp(model.template, axis=0).max())
    if not _LENGTH_RANGE_M[0] < length_m < _LENGTH_RANGE_M[1]:
        return f"its hand is {length_m:.3g} m long"
    return _side_flaw(model) or _tips_flaw(model)


def _side_flaw(model: HandModel) -> str | None:
    wrist = model.joint_regressor[0] @ model.template
    if model.template[TIP_VERTICES[2], 0] > wrist[0]:  # MANO's right hand points along -x
        return "it is a left hand, and left hands are made as mirror images of the right one"
    return None


def _tips_flaw(model: HandModel) -> str | None:
    """Each tip must move with its finger's last bone and lie beyond that bone's joint."""
    joints = model.joint_regressor @ model.template
    for vertex, last in zip(TIP_VERTICES, _TIP_JOINTS, strict=True):
        beyond = (model.template[vertex] - joints[last]) @ (joints[last] - joints[last - 1])
        if model.weights[vertex].argmax() != last or beyond <= 0:
            return f"its vertex {vertex} is no finger tip, so its vertices are not in MANO's order"
    return None


def _model(data: bytes) -> HandModel:
    """The model that a pickle holds, its numbers not yet looked at."""
    content = read_pickle(data, ALLOWED_NAMES)
    if not isinstance(content, dict):
        raise PickleRefused(f"it holds a {kind_of(content)} instead of MANO's named arrays")
    wanted = [theirs for theirs, _ in _ARRAYS.values()] + [_TREE]
    if missing := [name for name in wanted if name not in content]:
        raise PickleRefused(f"it has no {', '.join(missing)}")
    arrays = {ours: array_of(content[theirs], theirs) for ours, (theirs, _) in _ARRAYS.items()}
    count = np.size(arrays["template"]) // 3
    if count != N_VERTICES:
        raise PickleRefused(f"it has {count} vertices where MANO has {N_VERTICES}: a body or a face?")
    tree = array_of(content[_TREE], _TREE)
    if tree.shape != (2, N_JOINTS) or tuple(tree[0, 1:]) != MANO_PARENTS[1:]:
        raise PickleRefused(f"{_TREE} is not MANO's skeleton")
    kinds = {name: np.int64 if name == "faces" else np.float64 for name in arrays}
    numbers = {name: np.ascontiguousarray(array, kinds[name]) for name, array in arrays.items()}
    return HandModel(name=content_name(numbers), parents=MANO_PARENTS, **numbers)


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise ModelFileError(f"{path} is not a file: {REMEDY}")
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read ({error.strerror}): {REMEDY}") from error
    if len(data) > _MAX_BYTES:
        raise ModelFileError(f"{path} has more than {_MAX_BYTES // 2**20} MB where MANO has 4: {REMEDY}")
    return data
