"""Files in MANO's format for tests: numbers of our own, written as Python 2 and chumpy wrote the published ones."""

import io
import pickle
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csc_matrix

from datasets.hand.model import MANO_PARENTS, HandModel
from datasets.hand.neutral import neutral_hand

MIRROR = np.array([-1.0, 1.0, 1.0])


def varied_hand(seed: int = 0) -> HandModel:
    """The neutral hand with random shape and pose directions: none is zero, none symmetric."""
    random, hand = np.random.default_rng(seed), neutral_hand()
    return replace(
        hand,
        shape_dirs=hand.shape_dirs + random.normal(0, 5e-4, hand.shape_dirs.shape),
        pose_dirs=random.normal(0, 5e-4, hand.pose_dirs.shape),
    )


def mano_arrays(hand: HandModel, side: str) -> dict[str, Any]:
    """What a MANO file holds, for one side; the left is mirrored array by array."""
    arrays = {
        "v_template": hand.template,
        "shapedirs": hand.shape_dirs,
        "posedirs": hand.pose_dirs,
        "f": hand.faces,
    }
    if side == "left":
        entries = np.tile(np.outer(MIRROR, MIRROR).ravel(), 15)  # of R - I under M R M
        arrays = {
            "v_template": hand.template * MIRROR,
            "shapedirs": hand.shape_dirs * MIRROR[:, None],
            "posedirs": hand.pose_dirs * MIRROR[:, None] * entries,
            "f": hand.faces[:, ::-1].copy(),
        }
    return arrays | {
        "J_regressor": hand.joint_regressor,
        "weights": hand.weights,
        "kintree_table": np.array([MANO_PARENTS, range(16)]) % 2**32,
        "hands_components": np.eye(45),
        "hands_mean": np.full(45, 0.2),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


class Chumpy:
    """Stands for an object of chumpy: its class's name and its attributes."""

    def __init__(self, path: str, **state: Any):
        self.path, self.state = path, state


def published(arrays: dict[str, Any]) -> dict[str, Any]:
    """The same in the forms of the published file: a sparse regressor, shape directions picked out of twenty."""
    twenty = np.concatenate([arrays["shapedirs"], np.full((778, 3, 10), 9.0)], axis=2)
    chosen = np.arange(twenty.size).reshape(twenty.shape)[:, :, :10].ravel()
    common: dict[str, Any] = {
        "_dirty_vars": {"x"},
        "_itr": None,
        "_make_dense": False,
        "_depends_on_deps": {},
    }
    source = Chumpy("chumpy.ch Ch", x=twenty, **common)
    select = {"a": source, "idxs": chosen, "preferred_shape": (778, 3, 10)}
    return arrays | {
        "shapedirs": Chumpy("chumpy.reordering Select", **select, **common),
        "J_regressor": csc_matrix(arrays["J_regressor"]),
        "f": arrays["f"].astype(np.uint32),
        "kintree_table": arrays["kintree_table"].astype(np.uint32),
        "posedirs": np.asfortranarray(arrays["posedirs"]),
    }


def write_python2(content: Any, path: Path) -> Path:
    """Write a pickle as Python 2 does with protocol 2: text and bytes are one type, modules have their old names."""
    buffer = io.BytesIO()
    _Python2Pickler(buffer, protocol=2).dump(content)
    path.write_bytes(buffer.getvalue())
    return path


_PICKLER: Any = pickle._Pickler  # type: ignore[attr-defined]


class _Python2Pickler(_PICKLER):
    """Python's own pickler, in Python, with the differences of Python 2."""

    dispatch: ClassVar[dict[type, Any]] = dict(_PICKLER.dispatch)

    def save_text(self, value: str | bytes) -> None:
        raw = value.encode("latin-1") if isinstance(value, str) else value
        short = len(raw) < 256
        code = pickle.SHORT_BINSTRING if short else pickle.BINSTRING
        self.write(code + struct.pack("<B" if short else "<i", len(raw)) + raw)
        self.memoize(value)

    dispatch[str] = dispatch[bytes] = save_text

    def save_chumpy(self, value: Chumpy) -> None:
        module, name = value.path.split()
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode() + pickle.EMPTY_TUPLE + pickle.NEWOBJ)
        self.memoize(value)
        self.save(value.state)
        self.write(pickle.BUILD)

    dispatch[Chumpy] = save_chumpy

    def save_global(self, value: Any, name: str | None = None) -> None:
        if value is csc_matrix:
            self.write(pickle.GLOBAL + b"scipy.sparse.csc\ncsc_matrix\n")
            self.memoize(value)
        else:
            super().save_global(value, name)

    dispatch[type] = save_global
