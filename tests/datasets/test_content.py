"""Digests against every way Arrow may lay the same values out, and against every value that may change."""

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.content import clip_contents, digest, row_digests
from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from datasets.schema import CLIPS, SLOTS, per_frame

WORDS = SLOTS["speech"].field("speech_words").type
PAIRS = pa.list_(pa.list_(pa.float16(), 2))
WORD = {"word": "so", "start_s": 0.5, "end_s": 1.0, "score": None, "speaker": "a"}


def of(kind: pa.DataType, value: object) -> str:
    return digest({"any": pa.array([value], kind)})


def test_a_digest_is_16_hex_digits_and_stays_as_it_is_for_good():
    columns = {"text": pa.array(["caf\u00e9"]), "numbers": pa.array([[[1.0, 2.0]]], PAIRS)}
    assert digest(columns) == "4c4ff7754c5e7bbb"
    assert digest(dict(reversed(columns.items()))) == "4c4ff7754c5e7bbb"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.int32(), [None, 0, 1, -1]),
        (pa.bool_(), [None, False, True]),
        (pa.float32(), [None, 0.0, 1.0, float("nan"), float("inf"), -float("inf")]),
        (pa.string(), [None, "", "a", "b", "ab", "\0", "a\0"]),
        (pa.binary(), [None, b"", b"a", b"\0"]),
        (pa.timestamp("us", tz="UTC"), [None, 0, 1]),
        (pa.list_(pa.string()), [None, [], [None], [""], ["a", "b"], ["ab"], ["", "ab"], ["ab", ""]]),
        (pa.list_(pa.float32(), 2), [None, [None, None], [0, None], [0, 0], [0, 1], [1, 0]]),
        (PAIRS, [None, [], [None], [[None, None]], [[0, 0]], [[0, 1]], [[0, 0], [0, 0]], [None, [0, 0]]]),
        (
            pa.list_(pa.list_(pa.int8())),
            [None, [], [[]], [[], []], [[1], []], [[], [1]], [[1, 1]], [[1], [1]]],
        ),
        (WORDS, [None, [], [None], [WORD], [WORD, WORD], [WORD | {"score": 0.0}], [WORD | {"word": "s"}]]),
    ],
)
def test_values_that_differ_have_digests_that_differ(kind, values):
    assert len({of(kind, value) for value in values}) == len(values)


def test_the_name_of_a_column_counts():
    one, two = pa.array([1]), pa.array([2])
    assert digest({"a": one, "b": two}) != digest({"a": two, "b": one})


@pytest.mark.parametrize(
    ("kind", "patterns"),
    [
        ("e", [0x7E00, 0x7C01, 0xFE00, 0xFFFF]),
        ("f", [0x7FC00000, 0x7F800001, 0xFFC00000]),
        ("d", [0x7FF8000000000000, 0xFFF0000000000001]),
    ],
)
def test_every_nan_is_the_same_nan(kind, patterns):
    code = {"e": "H", "f": "I", "d": "Q"}[kind]
    values = [np.frombuffer(struct.pack(code, bits), f"<{kind}").copy() for bits in patterns]
    assert len({digest({"x": pa.array(value)}) for value in values}) == 1


def test_what_lies_under_a_null_does_not_count():
    mask = pa.array([True])
    seven = pa.Array.from_buffers(pa.int32(), 1, [pa.py_buffer(b"\0"), pa.py_buffer(b"\7\0\0\0")])
    assert digest({"any": seven}) == of(pa.int32(), None)
    hidden = pa.FixedSizeListArray.from_arrays(pa.array([3, 4], pa.float16()), 2, mask=mask)
    assert digest({"any": hidden}) == of(pa.list_(pa.float16(), 2), None)
    named = pa.StructArray.from_arrays([pa.array(["a"])], ["name"], mask=mask)
    assert digest({"any": named}) == of(pa.struct([("name", pa.string())]), None)


def test_an_unknown_column_is_named():
    with pytest.raises(KeyError, match="no column b"):
        row_digests(pa.table({"a": [1]}), ["b"])


def test_a_type_the_lake_does_not_hold_is_refused():
    with pytest.raises(TypeError, match="no digest of decimal"):
        of(pa.decimal128(5, 2), 1)


frames = st.lists(st.lists(st.none() | st.floats(width=16), min_size=2, max_size=2) | st.none(), max_size=3)
words = st.lists(
    st.none()
    | st.fixed_dictionaries(
        {
            "word": st.none() | st.text(max_size=3),
            "start_s": st.none() | st.floats(width=32),
            "end_s": st.none(),
            "score": st.just(1.0),
            "speaker": st.none() | st.just("a"),
        }
    ),
    max_size=3,
)
rows = st.fixed_dictionaries(
    {
        "frames": st.none() | frames,
        "words": st.none() | words,
        "flag": st.none() | st.booleans(),
        "count": st.none() | st.integers(-9, 9),
        "text": st.none() | st.text(max_size=3),
        "prints": st.none() | st.lists(st.integers(0, 2**64 - 1), max_size=3),
    }
)
SCHEMA = pa.schema(
    {
        "frames": PAIRS, "words": WORDS, "flag": pa.bool_(), "count": pa.int32(), "text": pa.string(),
        "prints": pa.list_(pa.uint64()),
    }
)  # fmt: skip


@given(st.lists(rows, min_size=1, max_size=6), st.data())
def test_neighbours_slices_and_chunks_change_nothing(values, data):
    table = pa.Table.from_pylist(values, SCHEMA)
    alone = [digest({name: pa.array([row[name]], SCHEMA.field(name).type) for name in row}) for row in values]
    assert row_digests(table, SCHEMA.names) == alone
    cut = data.draw(st.integers(0, len(values)))
    chunked = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    assert row_digests(chunked, SCHEMA.names) == alone
    assert row_digests(table.slice(cut), SCHEMA.names) == alone[cut:]


@given(rows, rows)
def test_rows_have_one_digest_if_and_only_if_they_are_equal(first, second):
    table = pa.Table.from_pylist([first, second], SCHEMA)
    one, two = row_digests(table, SCHEMA.names)
    same = repr(table.slice(0, 1).to_pylist()) == repr(
        table.slice(1).to_pylist()
    )  # repr: a NaN is not itself
    assert (one == two) == same


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def put(lake: Lake, table: str, *rows: dict) -> int:
    return lake.append(table, lake.write_fragments(table, table_of(table, rows)))


@settings(max_examples=10)
@given(values=st.lists(rows, min_size=1, max_size=4))
def test_reading_from_the_lake_changes_nothing(tmp_path_factory, values):
    lake = Lake.open(tmp_path_factory.mktemp("content") / "lake", create=True)
    rng = np.random.default_rng(0)
    clips = [
        {
            "clip_id": str(number),
            "hands_mano": None if row["flag"] else rng.normal(size=(5, 134)).astype(np.float16).tolist(),
            "body_place_clip": [1.0, None, float("nan"), 0.0, 2.0],
            "speech_text": row["text"],
            "speech_words": row["words"],
            "fingerprint_frames": row["prints"],
        }
        for number, row in enumerate(values)
    ]
    written = table_of("clips", clips)
    put(lake, "clips", *clips)
    read = lake.table("clips").to_table()
    for slot in SLOTS.values():
        assert row_digests(read, slot.names) == row_digests(written, slot.names)
    assert row_digests(read, CLIPS.names) == row_digests(written, CLIPS.names)


def test_contents_hold_every_column_and_leave_runs_and_times_out(lake):
    source = {"name": "body", "version": "2", "params_hash": "0", "run_id": "r", "at": None}
    put(
        lake,
        "clips",
        {"clip_id": "a", "run_id": "one", "body_src": source},
        {"clip_id": "b", "run_id": "one"},
    )
    put(lake, "clip_media", {"clip_id": "a", "mp4": b"film", "audio": b"sound"})
    contents = clip_contents(lake)
    assert {"split", "keep", "body_src.version", "hands_digest", "mp4", "audio"} <= contents["a"].keys()
    assert "mp4" not in contents["b"]
    assert not {"run_id", "body_src", "body_src.run_id", "body_src.at", "clip_id"} & contents["a"].keys()


def test_lakes_with_other_runs_are_equal_and_one_changed_byte_shows(tmp_path):
    def made(name: str, mp4: bytes, version: str = "2") -> dict:
        lake = Lake.open(tmp_path / name, create=True)
        source = {"name": "b", "version": version, "params_hash": "0", "run_id": name, "at": None}
        put(lake, "clips", {"clip_id": "a", "run_id": name, "body_src": source})
        put(lake, "clip_media", {"clip_id": "a", "mp4": mp4})
        return clip_contents(lake)["a"]

    first = made("first", b"film")
    assert made("second", b"film") == first
    assert {k for k, v in made("third", b"filn").items() if v != first[k]} == {"mp4"}
    assert {k for k, v in made("fourth", b"film", "3").items() if v != first[k]} == {"body_src.version"}


def test_contents_of_an_older_version_are_those_of_then(lake):
    version = put(lake, "clips", {"clip_id": "a"})
    put(lake, "clips", {"clip_id": "b"})
    assert clip_contents(lake, clips_version=version).keys() == {"a"}


def test_a_clip_that_stands_twice_is_told(lake):
    put(lake, "clips", {"clip_id": "a"})
    put(lake, "clips", {"clip_id": "a"})
    with pytest.raises(LakeError, match="clip a stands twice in the table clips"):
        clip_contents(lake)


def test_a_wide_column_of_a_batch_is_the_same_at_any_batch_size():
    values = (np.arange(8 * 300 * 134) % 1001).astype(np.float16)
    items = pa.FixedSizeListArray.from_arrays(pa.array(values), 134)
    table = pa.table({"x": pa.ListArray.from_arrays(pa.array(np.arange(9) * 300, pa.int32()), items)})
    assert table.schema.field("x").type == per_frame(134)
    each = [row_digests(table.slice(row, 1), ["x"])[0] for row in range(8)]
    assert row_digests(table, ["x"]) == each
    assert len(set(each)) == 8
