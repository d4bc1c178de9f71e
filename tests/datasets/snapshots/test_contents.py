"""The content hash: what changes it and what does not."""

import hashlib
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.lake import Lake, LakeError
from datasets.schema import SLOTS
from datasets.snapshots.contents import annotators_of, content_hash, count_contents, read_contents
from tests.datasets.lakes import clip, media, new_lake, put, put_clips, reannotate, source


def contents(lake: Lake, where: str = "keep") -> pa.Table:
    return read_contents(lake.table("clips"), lake.table("clip_media"), where)


def hash_of(lake: Lake, where: str = "keep") -> str:
    return content_hash(contents(lake, where))


@settings(max_examples=10)
@given(chosen=st.sets(st.integers(0, 5), min_size=1, max_size=5), changed=st.integers(0, 5))
def test_the_hash_changes_with_a_chosen_clip_and_with_no_other(tmp_path_factory, chosen, changed):
    lake = new_lake(tmp_path_factory.mktemp("hash"))
    put_clips(lake, *(clip(f"c{n}", "a") for n in range(6)))
    where = f"clip_id IN ({', '.join(repr(f'c{n}') for n in chosen)})"
    before = hash_of(lake, where)
    assert hash_of(lake, where) == before
    reannotate(lake, f"c{changed}", place=-1.0)
    assert (hash_of(lake, where) != before) == (changed in chosen)


@settings(max_examples=10)
@given(order=st.permutations(range(5)), cuts=st.sets(st.integers(1, 4)))
def test_neither_the_order_of_clips_nor_their_fragments_change_the_hash(tmp_path_factory, order, cuts):
    hashes = set()
    for ids in (list(range(5)), order):
        lake = new_lake(tmp_path_factory.mktemp("order"))
        edges = [0, *(sorted(cuts) if ids is order else []), 5]
        for start, end in pairwise(edges):
            put_clips(lake, *(clip(f"c{n}", "a") for n in ids[start:end]))
        hashes.add(hash_of(lake))
    assert len(hashes) == 1


def test_the_split_the_film_and_the_label_count(tmp_path):
    rows = [
        (clip("a", "v"), media("a")),
        (clip("a", "v", split="val"), media("a")),
        (clip("a", "v"), media("a") | {"encode_hash": "another"}),
        (clip("a", "v", body_place_clip=None), media("a")),
        (clip("a", "v", speech_src=source("speech"), speech_text="so"), media("a")),
        (clip("b", "v", body_place_clip=[float(655), 0.0, 0.0, 0.0, 0.0]), media("b")),
    ]
    hashes = set()
    for number, (row, film) in enumerate(rows):
        lake = new_lake(tmp_path / str(number))
        put(lake, "clips", row)
        put(lake, "clip_media", film)
        hashes.add(hash_of(lake))
    assert len(hashes) == len(rows)


def test_a_hash_is_of_lines_that_anybody_can_write(tmp_path):
    first, second = clip("a", "v", body_src=None), clip("b", "v", fingerprint_src=None)
    put_clips(lake := new_lake(tmp_path), second, first)
    films = {name: hashlib.sha256(f"film of {name}".encode()).hexdigest() for name in "ab"}
    lines = [
        f"a\t{films['a']}\ttrain\tfingerprint={first['fingerprint_digest']}",
        f"b\t{films['b']}\ttrain\tbody={second['body_digest']}",
    ]
    assert hash_of(lake) == hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_a_slot_that_the_table_does_not_have_changes_nothing(tmp_path):
    lake = new_lake(tmp_path)
    put_clips(lake, clip("a", "v"), clip("b", "v"))
    before = hash_of(lake)
    lake.table("clips").drop_columns(["speech_digest", "speech_src", "speech_rev"])
    assert hash_of(lake) == before
    assert "speech" not in count_contents(contents(lake))["empty"]


def test_clips_are_counted_by_split_and_slots_by_version(tmp_path):
    lake = new_lake(tmp_path)
    put_clips(
        lake,
        clip("a", "v"),
        clip("b", "w", split="test", body_src=source("body", "3")),
        clip("c", "w", keep=False),
    )
    counts = count_contents(contents(lake))
    assert counts == {
        "clips": 2, "videos": 2, "frames": 100, "hours": 0.0, "splits": {"train": 1, "val": 0, "test": 1},
        "styles": {"unknown": 2}, "empty": dict.fromkeys(SLOTS, 2) | {"body": 0, "fingerprint": 0},
    }  # fmt: skip
    assert annotators_of(contents(lake)) == {"body": {"2/aa": 1, "3/aa": 1}, "fingerprint": {"2/aa": 2}}


def test_styles_are_counted_as_told_else_as_guessed_and_what_was_told_is_content(tmp_path):
    lake = new_lake(tmp_path)
    guessed, told = clip("a", "v", style_guess="singing"), clip("b", "w", style_guess="singing")
    put_clips(lake, guessed, told | {"style_told": "speaking"})
    counted, hashed = count_contents(contents(lake)), content_hash(contents(lake))
    assert counted["styles"] == {"speaking": 1, "singing": 1}
    lake.table("clips").update({"style_told": "'gesture_dance'"}, "clip_id = 'b'")
    assert content_hash(contents(lake)) != hashed


def test_a_clip_without_media_has_no_film(tmp_path):
    put(lake := new_lake(tmp_path), "clips", clip("a", "v"))
    assert contents(lake)["encode_hash"].to_pylist() == [None]


def test_a_clip_that_stands_twice_is_named(tmp_path):
    put_clips(lake := new_lake(tmp_path), clip("a", "v"))
    put(lake, "clips", clip("a", "v"))
    with pytest.raises(LakeError, match="clip a stands twice"):
        contents(lake)
