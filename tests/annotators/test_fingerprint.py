"""Fingerprints of pictures in which something moves, and of copies of them."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from annotators.annotator import Clip
from annotators.fingerprint import FingerprintAnnotator
from datasets.splits.near_duplicates import agreement, near_duplicates
from datasets.talker.codec import through_h264

HEIGHT_PX, WIDTH_PX, FRAMES = 352, 256, 160  # half a clip's size, since only cells are looked at


def waving(seed: int, frames: int = FRAMES) -> np.ndarray:
    """(T, H, W, 3) uint8: five discs that wander over a wall of their own."""
    rng = np.random.default_rng(seed)
    wall = cv2.resize(rng.integers(60, 200, (22, 16, 3), np.uint8), (WIDTH_PX, HEIGHT_PX))
    ways = gaussian_filter1d(rng.normal(size=(frames, 5, 2)), 6, axis=0)
    middles = rng.uniform(0.3, 0.7, (5, 2)) * [WIDTH_PX, HEIGHT_PX]
    places = (middles + 150 * ways).round().astype(int)
    pictures = np.tile(wall, (frames, 1, 1, 1))
    for picture, at in zip(pictures, places, strict=True):
        for disc, place in enumerate(at.tolist()):
            cv2.circle(picture, place, 14 + 5 * disc, (40 * disc, 220 - 30 * disc, 90), -1)
    return pictures


def prints(frames: np.ndarray) -> np.ndarray:
    """(N,) uint64"""
    row = FingerprintAnnotator().annotate([Clip("a", frames)])
    return np.array(row["fingerprint_frames"][0].as_py(), np.uint64)


def cropped(frames: np.ndarray, share: float) -> np.ndarray:
    """The middle of the picture, without this share of its width and height, at the same size as before."""
    top, left = (round(share / 2 * size) for size in (HEIGHT_PX, WIDTH_PX))
    inner = frames[:, top : HEIGHT_PX - top, left : WIDTH_PX - left]
    return np.stack([cv2.resize(frame, (WIDTH_PX, HEIGHT_PX)) for frame in inner])


def with_logo(frames: np.ndarray) -> np.ndarray:
    marked = frames.copy()
    marked[:, 10:60, 180:240] = 255
    return marked


COPIES = {
    "encoded badly": lambda frames: through_h264(frames, 38),
    "darker": lambda frames: (frames * 0.7).astype(np.uint8),
    "cropped by a tenth": lambda frames: cropped(frames, 0.1),
    "cropped by a quarter": lambda frames: cropped(frames, 0.25),
    "with a logo": with_logo,
    "at 20 fps": lambda frames: frames[np.arange(FRAMES) * 4 // 5 * 5 // 4],
    "begun 7 frames later": lambda frames: frames[7:],
    "without its first third": lambda frames: frames[FRAMES // 3 :],
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_the_same_recording(kind):
    recording = waving(1)
    pairs = near_duplicates({"recording": [prints(recording)], "copy": [prints(COPIES[kind](recording))]})
    assert pairs == [("copy", "recording")]


def test_another_recording_in_the_same_room_is_another():
    one, other = waving(1), waving(2)
    still = one[:1].astype(int) - other[:1]
    same_room = np.clip(other + still, 0, 255).astype(np.uint8)
    assert agreement(prints(one), prints(same_room)) < 48


def test_a_hash_stands_for_eight_frames():
    assert [len(prints(waving(1, frames))) for frames in (7, 8, 15, 16)] == [0, 1, 1, 2]


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_still_picture_tells_nothing(level):
    still = np.full((48, HEIGHT_PX, WIDTH_PX, 3), level, np.uint8)
    assert prints(still).tolist() == [0] * 6


def test_the_noise_of_a_sensor_tells_nothing():
    noise = np.random.default_rng(0).normal(120, 5, (48, 704, 512, 1)).clip(0, 255).astype(np.uint8)
    assert prints(np.repeat(noise, 3, axis=-1)).tolist() == [0] * 6


def test_only_the_stretch_that_moves_tells_something():
    frames = waving(1, 96)
    frames[:48] = frames[48]
    hashes = prints(frames)
    assert (hashes[:5] == 0).all()
    assert (hashes[6:] != 0).all()


def test_the_same_frames_give_the_same_hashes_alone_or_together():
    clips = [Clip(str(seed), waving(seed, 48)) for seed in (1, 2)]
    together = FingerprintAnnotator().annotate(clips)["fingerprint_frames"].to_pylist()
    assert together == [prints(clip.frames).tolist() for clip in clips]
    assert together[0] != together[1]
