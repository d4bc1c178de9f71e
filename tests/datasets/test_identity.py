from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from datasets.identity import clip_id, params_hash, video_id


def test_a_video_is_known_by_the_sha_256_of_its_bytes(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert video_id(tmp_path / "a") == expected


def test_bytes_beyond_one_piece_count(tmp_path: Path):
    piece = bytes(1 << 20)
    (tmp_path / "a").write_bytes(piece + b"x")
    (tmp_path / "b").write_bytes(piece + b"y")
    assert video_id(tmp_path / "a") != video_id(tmp_path / "b")


def test_a_clip_keeps_its_id_for_good():
    assert clip_id("v", 0.0, 2.5, "scenes/1/00") == "90030935057f43e087a8e38100ff6675"


def test_each_part_of_a_clip_changes_its_id():
    ids = {
        clip_id("v", 0.0, 2.5, "scenes/1/00"),
        clip_id("w", 0.0, 2.5, "scenes/1/00"),
        clip_id("v", 0.1, 2.5, "scenes/1/00"),
        clip_id("v", 0.0, 2.6, "scenes/1/00"),
        clip_id("v", 0.0, 2.5, "scenes/2/00"),
    }
    assert len(ids) == 5


@given(st.floats(0, 1e5), st.floats(-4e-7, 4e-7))
def test_noise_far_below_a_microsecond_does_not_matter(start_s, noise_s):
    whole_us = round(start_s * 1e6) / 1e6
    assert clip_id("v", whole_us, 1e6, "c") == clip_id("v", whole_us + noise_s, 1e6, "c")


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()))
def test_the_order_of_parameters_does_not_matter(params):
    assert params_hash(params) == params_hash(dict(reversed(params.items())))


def test_a_changed_parameter_changes_the_hash():
    assert params_hash({"threshold": 27.0}) != params_hash({"threshold": 27.5})
    assert len(params_hash({})) == 12
