"""A clip read back from its stored bytes (datasets.media.clip_reader)."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.lake import ClipMedia
from datasets.media.audio import encode_flac
from datasets.media.clip_reader import read_clip, read_sound
from datasets.media.encode import encode_h264
from datasets.media.errors import MediaError
from datasets.media.picture import i420_to_rgb
from datasets.reasons import Reason
from tests.datasets.media.synthetic import moving_frames

COUNT = 26  # two whole groups of pictures and a part of one
SAMPLES = 16640  # 26 frames of 640


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return moving_frames(COUNT)


@pytest.fixture(scope="module")
def media(frames: np.ndarray) -> ClipMedia:
    sound = np.sin(np.arange(SAMPLES) / 7) / 2
    return ClipMedia("c1", encode_h264(frames), encode_flac(sound), None, COUNT)


def test_pictures_come_in_order_and_as_they_were_encoded(frames: np.ndarray, media: ClipMedia):
    read, _ = read_clip(media)
    assert (read.shape, read.dtype) == ((COUNT, 704, 512, 3), np.uint8)
    difference = np.abs(read.astype(int) - i420_to_rgb(frames))
    assert difference.mean() < 2  # frames one apart differ by 8 on average


def test_sound_is_what_16_bits_hold_of_it(media: ClipMedia):
    _, sound = read_clip(media)
    assert (sound.shape, sound.dtype) == ((SAMPLES,), np.float32)
    assert np.abs(sound - np.sin(np.arange(SAMPLES) / 7) / 2).max() <= 0.51 / 32767


def test_reading_twice_gives_the_same_bits(media: ClipMedia):
    (first, first_sound), (second, second_sound) = read_clip(media), read_clip(media)
    assert np.array_equal(first, second)
    assert np.array_equal(first_sound, second_sound)


def test_a_buffer_that_is_large_enough_is_filled(media: ClipMedia):
    buffer = np.zeros((30, 704, 512, 3), np.uint8)
    read, _ = read_clip(media, buffer=buffer)
    assert np.shares_memory(read, buffer)
    assert np.array_equal(buffer[:COUNT], read_clip(media)[0])
    small, _ = read_clip(media, buffer=buffer[:3])
    assert len(small) == COUNT


def test_a_clip_without_sound_has_none(media: ClipMedia):
    assert read_clip(replace(media, audio=None))[1] is None


def _refusal(media: ClipMedia) -> str:
    with pytest.raises(MediaError) as caught:
        read_clip(media)
    assert caught.value.reason is Reason.DECODE_ERROR
    return caught.value.detail


@pytest.mark.parametrize("told", [COUNT - 1, COUNT + 1])
def test_another_frame_count_is_an_error_that_names_the_clip(media: ClipMedia, told: int):
    assert _refusal(replace(media, n_frames=told)) == f"clip c1: its mp4 holds {COUNT} frames of {told}"


def test_a_sound_of_another_length_is_an_error(media: ClipMedia):
    short = encode_flac(np.zeros(640))
    assert _refusal(replace(media, audio=short)) == f"clip c1: its sound has 640 samples of {SAMPLES}"


def test_frames_of_another_size_are_an_error(media: ClipMedia):
    small = encode_h264(np.zeros((COUNT, 96, 64), np.uint8))
    assert "its frames are 64 x 64 yuv420p" in _refusal(replace(media, mp4=small))


def test_damaged_bytes_are_an_error(media: ClipMedia):
    assert media.mp4 is not None
    assert media.audio is not None
    at = media.mp4.index(b"mdat") + 2000
    damaged = media.mp4[:at] + bytes(byte ^ 0xFF for byte in media.mp4[at : at + 200]) + media.mp4[at + 200 :]
    assert _refusal(replace(media, mp4=damaged)).startswith("clip c1: ")
    for mp4 in (media.mp4[: len(media.mp4) // 2], b"", b"no video"):
        assert _refusal(replace(media, mp4=mp4)).startswith("clip c1: ")
    assert _refusal(replace(media, audio=media.audio[:40])).startswith("clip c1: ")
    assert _refusal(replace(media, audio=b"no sound")).startswith("clip c1: ")


def test_a_clip_without_an_mp4_is_an_error(media: ClipMedia):
    assert _refusal(replace(media, mp4=None)) == "clip c1: no mp4 is stored"


def test_the_sound_alone_needs_no_pictures(media: ClipMedia):
    heard = read_sound(replace(media, mp4=None))
    assert heard is not None
    assert np.array_equal(heard, read_clip(media)[1])
    assert read_sound(replace(media, audio=None)) is None


@pytest.mark.parametrize(
    "change", [{"audio": b"fLaC and no more"}, {"n_frames": COUNT + 1}, {"n_frames": None}]
)
def test_damaged_sound_names_the_clip(media: ClipMedia, change: dict):
    with pytest.raises(MediaError, match="clip c1"):
        read_sound(replace(media, **change))
