"""Arrays of numpy, scipy and chumpy taken out of a pickle that was read as data (see inert_pickle)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from datasets.hand.inert_pickle import Made, PickleRefused

_RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_DTYPE, _ENCODE = "numpy.dtype", "_codecs.encode"
_CSC = ("scipy.sparse.csc.csc_matrix", "scipy.sparse._csc.csc_matrix")
_CHUMPY_VALUE, _CHUMPY_SELECT = "chumpy.ch.Ch", "chumpy.reordering.Select"
# What a pickle of such arrays may name; the last two lines are bookkeeping beside the arrays, which nobody reads.
ALLOWED_NAMES = frozenset(
    {*_RECONSTRUCT, _DTYPE, _ENCODE, *_CSC, _CHUMPY_VALUE, _CHUMPY_SELECT, "numpy.ndarray"}
    | {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
    | {"copy_reg._reconstructor", "copyreg._reconstructor", "__builtin__.object", "builtins.object"}
    | {"__builtin__.set", "builtins.set"}
)
_NUMBERS = frozenset({"f4", "f8", "i4", "i8", "u4", "u8"})
_MAX_SPARSE_CELLS = 10**6  # of a sparse matrix made dense; MANO's regressor has 12,448


def array_of(value: Any, name: str) -> np.ndarray:
    """The array that an entry of a pickle stands for; `name` is told in the PickleRefused for anything else."""
    try:
        return _evaluated(value)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
        raise PickleRefused(f"{name} is not an array of numbers ({kind_of(value)})") from error


def kind_of(value: Any) -> str:
    """The class of an entry, for a message; of one that cannot be made, what was to make it."""
    if not isinstance(value, Made):
        return type(value).__name__
    try:
        return _class_of(value)
    except (IndexError, AttributeError):
        return value.path


def _evaluated(value: Any) -> np.ndarray:
    """Goes at most three levels down, so that a value which holds itself ends nothing but in an error."""
    kind = _class_of(value)
    if kind in _CSC:
        return _sparse(value.state)
    if kind == _CHUMPY_SELECT:
        return _selected(value.state)
    return _constant(value)


def _class_of(value: Made) -> str:
    """What the object is an instance of; protocol 1 makes it by _reconstructor(its class, object, None)."""
    return value.arguments[0].path if value.path.endswith("._reconstructor") else value.path


def _constant(value: Made) -> np.ndarray:
    """A numpy array, or the one inside chumpy's Ch."""
    return _dense(value.state["x"]) if _class_of(value) == _CHUMPY_VALUE else _dense(value)


def _selected(state: Mapping[str, Any]) -> np.ndarray:
    """chumpy's Select: elements of a flattened array by index, in a shape of their own."""
    chosen = _dense(state["idxs"]).ravel()
    if not np.issubdtype(chosen.dtype, np.integer) or chosen.min() < 0:
        raise TypeError
    return _constant(state["a"]).ravel()[chosen].reshape(_shape(state["preferred_shape"]))


def _dense(value: Made) -> np.ndarray:
    """A numpy array from the five parts of its state: version, shape, dtype, column-major or not, bytes."""
    if value.path not in _RECONSTRUCT:
        raise TypeError
    _, shape, dtype, column_major, raw = value.state
    numbers = np.frombuffer(_raw(raw), _number_type(dtype))
    return numbers.reshape(_shape(shape), order="F" if column_major else "C")


def _number_type(dtype: Made) -> np.dtype:
    """The dtype of plain numbers; Python objects, records and text are refused."""
    code, order = dtype.arguments[0], dtype.state[1]
    if dtype.path != _DTYPE or code not in _NUMBERS or order not in {"<", ">"}:
        raise TypeError
    return np.dtype(order + code)


def _raw(raw: Any) -> bytes:
    """Bytes of an array: a str in files of Python 2, a call to encode in protocols 1 and 2 of Python 3."""
    if isinstance(raw, Made) and raw.path == _ENCODE:
        raw = raw.arguments[0]
    return raw if isinstance(raw, bytes) else raw.encode("latin-1")


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(isinstance(length, int) and length >= 0 for length in shape):
        raise TypeError
    return shape


def _sparse(state: Mapping[str, Any]) -> np.ndarray:
    """A compressed-column matrix, made dense."""
    rows, columns = _shape(state["_shape"])
    data, indices, starts = (_dense(state[key]) for key in ("data", "indices", "indptr"))
    ends = len(starts) == columns + 1 and starts[0] == 0 and starts[-1] == len(data) == len(indices)
    if rows * columns > _MAX_SPARSE_CELLS or not ends or indices.min() < 0:
        raise ValueError
    dense = np.zeros((rows, columns))
    np.add.at(dense, (indices, np.repeat(np.arange(columns), np.diff(starts))), data)
    return dense
