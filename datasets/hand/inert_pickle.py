"""Reads a pickle as data: nothing it names is imported, called or given attributes.

`pickle` runs whatever a file asks for. An Unpickler with an allow-list still calls what is allowed, and still
hashes and allocates what the file says. Here the instructions are only written down: a call becomes a `Made`,
and the reader takes out of those the few forms it knows.
"""

import pickletools
from collections.abc import Callable, Container
from dataclasses import dataclass
from io import BytesIO
from typing import Any

_MAX_INSTRUCTIONS = 20_000  # a published MANO file has some hundreds: arrays are one instruction each


class PickleRefused(Exception):
    """The bytes are no pickle, a damaged one, or one that asks for more than data; the text says which."""


@dataclass(frozen=True)
class Name:
    """A class or function a pickle names, such as numpy.dtype."""

    path: str


@dataclass
class Made:
    """An object a pickle would have made: by calling `path` with `arguments`, then setting its state."""

    path: str
    arguments: tuple[Any, ...]
    state: Any = None


def read_pickle(data: bytes, allowed: Container[str]) -> Any:
    """What a pickle (protocols 1 to 4, of Python 2 or 3) holds: plain values, lists, dicts, `Made`s.

    allowed: dotted names the pickle may mention. Byte strings of Python 2 come as str, read as latin-1; sets
    come as lists. Raises PickleRefused.
    """
    reader = _Reader(allowed)
    try:
        for count, (instruction, argument, _) in enumerate(pickletools.genops(BytesIO(data))):
            if count > _MAX_INSTRUCTIONS:
                raise PickleRefused(f"it has more than {_MAX_INSTRUCTIONS} instructions")
            reader.do(instruction.name, argument)
        return reader.result()
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise PickleRefused("it is not a pickle, or a damaged one") from error


class _Reader:
    """The stack machine of a pickle, without the power to make anything."""

    def __init__(self, allowed: Container[str]):
        self._allowed = allowed
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._actions = self._table()

    def do(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in self._actions:
            self._actions[name](argument)
        elif name not in _SILENT:
            raise PickleRefused(f"it is not a pickle of arrays: it uses {name}")

    def result(self) -> Any:
        (value,) = self._stack
        return value

    def _table(self) -> dict[str, Callable[[Any], None]]:
        """What each instruction does that is more than a value."""
        return {
            "MARK": lambda _: self._marks.append(len(self._stack)),
            "EMPTY_LIST": lambda _: self._stack.append([]),
            "EMPTY_SET": lambda _: self._stack.append([]),
            "EMPTY_DICT": lambda _: self._stack.append({}),
            "LIST": lambda _: self._stack.append(self._marked()),
            "FROZENSET": lambda _: self._stack.append(self._marked()),
            "DICT": lambda _: self._stack.append(_pairs(self._marked())),
            "TUPLE": lambda _: self._stack.append(tuple(self._marked())),
            "TUPLE1": lambda _: self._stack.append(tuple(self._top(1))),
            "TUPLE2": lambda _: self._stack.append(tuple(self._top(2))),
            "TUPLE3": lambda _: self._stack.append(tuple(self._top(3))),
            "APPEND": lambda _: self._extend(self._top(1)),
            "APPENDS": lambda _: self._extend(self._marked()),
            "ADDITEMS": lambda _: self._extend(self._marked()),
            "SETITEM": lambda _: self._update(self._top(2)),
            "SETITEMS": lambda _: self._update(self._marked()),
            "GET": self._recall,
            "BINGET": self._recall,
            "LONG_BINGET": self._recall,
            "PUT": self._remember,
            "BINPUT": self._remember,
            "LONG_BINPUT": self._remember,
            "MEMOIZE": lambda _: self._remember(len(self._memo)),
            "GLOBAL": lambda argument: self._name(*argument.split(" ")),
            "STACK_GLOBAL": lambda _: self._name(*self._top(2)),
            "REDUCE": lambda _: self._make(*self._top(2)),
            "NEWOBJ": lambda _: self._make(*self._top(2)),
            "BUILD": lambda _: self._build(*self._top(1)),
        }

    def _top(self, count: int) -> list[Any]:
        """The last values, taken off the stack; never from below an open mark."""
        floor = self._marks[-1] if self._marks else 0
        if len(self._stack) - floor < count:
            raise IndexError
        taken = self._stack[-count:]
        del self._stack[-count:]
        return taken

    def _marked(self) -> list[Any]:
        """The values since the last mark, taken off the stack."""
        start = self._marks.pop()
        taken = self._stack[start:]
        del self._stack[start:]
        return taken

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise TypeError
        target.extend(values)

    def _update(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise TypeError
        target.update(_pairs(values))

    def _recall(self, index: int) -> None:
        self._stack.append(self._memo[index])

    def _remember(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _name(self, module: str, name: str) -> None:
        path = f"{module}.{name}"
        if path not in self._allowed:
            raise PickleRefused(f"it asks for {path[:80]}, which a hand model does not need")
        self._stack.append(Name(path))

    def _make(self, what: Any, arguments: Any) -> None:
        if not isinstance(what, Name) or not isinstance(arguments, tuple):
            raise TypeError
        self._stack.append(Made(what.path, arguments))

    def _build(self, state: Any) -> None:
        target = self._stack[-1]
        if not isinstance(target, Made):
            raise TypeError
        target.state = state


def _pairs(values: list[Any]) -> dict[str | int, Any]:
    """Keys and values in turn. Only short plain keys: hashing nested tuples can take for ever."""
    keys = values[::2]
    if len(values) % 2 or not all(isinstance(key, str | int) for key in keys):
        raise TypeError
    return dict(zip(keys, values[1::2], strict=True))


_VALUES = (
    {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
    | {"STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
    | {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_SILENT = frozenset({"PROTO", "FRAME", "STOP"})
