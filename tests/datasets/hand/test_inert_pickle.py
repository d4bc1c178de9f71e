import os
import pickle
import struct
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.hand.inert_pickle import Made, PickleRefused, read_pickle

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.tuples(inner, inner, inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN, st.sampled_from([3, 4]))
def test_plain_values_come_back(value: object, protocol: int):
    assert read_pickle(pickle.dumps(value, protocol), frozenset()) == value


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_value_or_a_refusal(data: bytes):
    for start in (b"", b"\x80\x02"):
        with suppress(PickleRefused):
            read_pickle(start + data, frozenset())


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=255))
def test_a_changed_byte_ends_in_a_value_or_a_refusal(place: int, byte: int):
    data = bytearray(pickle.dumps({"a": [1, (2, 3.0)], "b": {"c": "text", "d": {1, 2}}}, 2))
    data[place % len(data)] = byte
    with suppress(PickleRefused):
        read_pickle(bytes(data), {"builtins.set", "__builtin__.set"})


def test_a_call_is_written_down_and_not_made():
    data = b"cposix\nsystem\n(Vtouch /\ntR."
    made = read_pickle(data, {"posix.system"})
    assert made == Made("posix.system", ("touch /",))


def test_a_name_that_is_not_allowed_is_refused_by_name():
    with pytest.raises(PickleRefused, match=r"asks for posix\.system"):
        read_pickle(pickle.dumps(os.system), {"os.system"})


@pytest.mark.parametrize(
    ("data", "instruction"),
    [
        (b"Pevil\n.", "PERSID"),
        (b"\x82\x01.", "EXT1"),
        (b"(cos\nsystem\no.", "OBJ"),
        (b"(ios\nsystem\n.", "INST"),
        (b"\x80\x05\x96" + struct.pack("<Q", 1) + b"a.", "BYTEARRAY8"),
    ],
)
def test_instructions_that_arrays_do_not_need_are_refused(data: bytes, instruction: str):
    with pytest.raises(PickleRefused, match=f"uses {instruction}"):
        read_pickle(data, {"os.system"})


def test_states_are_kept_for_objects_only():
    with pytest.raises(PickleRefused, match="damaged"):
        read_pickle(b"\x80\x02cos\nsystem\n}b.", {"os.system"})
    with pytest.raises(PickleRefused, match="damaged"):
        read_pickle(b"\x80\x02}}b.", frozenset())


@pytest.mark.parametrize(
    "bomb",
    [
        b"Nr\xff\xff\xff\x7f.",  # a memo slot far out, for which a list would grow to gigabytes
        b"\x8e" + struct.pack("<Q", 2**62) + b".",  # a length that is not there
        b"})" + 60 * b"q\x00h\x00\x86" + b"Ns.",  # a key that takes 2**60 steps to hash
        b"N" * 10**6 + b".",
    ],
    ids=["memo", "length", "hash", "count"],
)
def test_bombs_end_at_once(bomb: bytes):
    began_s = time.process_time()
    with suppress(PickleRefused):
        read_pickle(b"\x80\x02" + bomb, frozenset())
    assert time.process_time() - began_s < 1
