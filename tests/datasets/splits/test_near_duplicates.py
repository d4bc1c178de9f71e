"""Runs of signs that agree, and those that only seem to."""

import numpy as np
import pytest

from datasets.splits.fingerprints import packed, unpacked
from datasets.splits.near_duplicates import agreement, near_duplicates


def signs(seed: int, frames: int = 288) -> np.ndarray:
    """(frames, 8) signs of a recording of its own, each held for about a quarter of a second."""
    rng = np.random.default_rng(seed)
    held = rng.integers(0, 2, (frames // 6 + 1, 8)).astype(bool)
    return np.repeat(held, 6, axis=0)[:frames]


def clip(values: np.ndarray) -> np.ndarray:
    values = values[: len(values) // 8 * 8]
    return packed(values, np.ones(len(values), bool))


def worn(values: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """The signs with this share of them turned, as in a copy."""
    return values ^ (np.random.default_rng(seed).random(values.shape) < share)


def test_a_copy_is_found_whatever_its_clips_are_called():
    recording = signs(1)
    prints = {"b": [clip(signs(2)), clip(recording)], "a": [clip(signs(3)), clip(worn(recording, 0.05))]}
    assert near_duplicates(prints) == [("a", "b")]
    assert near_duplicates(dict(reversed(prints.items()))) == [("a", "b")]


@pytest.mark.parametrize("frames", [1, 5, 8, 75, 150])
def test_a_copy_that_begins_later_is_found(frames):
    recording = signs(1)
    assert near_duplicates({"a": [clip(recording)], "b": [clip(worn(recording[frames:], 0.05))]}) == [
        ("a", "b")
    ]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1])
def test_a_tenth_of_the_signs_may_differ(share):
    copies = {
        f"{seed}{one}": [clip(worn(signs(seed), share * one, seed))] for seed in range(20) for one in (0, 1)
    }
    assert near_duplicates(copies) == [(f"{seed}0", f"{seed}1") for seed in sorted(range(20), key=str)]


def test_different_recordings_stay_apart():
    prints = {f"{seed:04d}": [clip(signs(seed)) for seed in (seed, 5000 + seed)] for seed in range(1500)}
    assert near_duplicates(prints) == []


def test_a_second_in_common_is_not_a_recording_in_common():
    one, other = signs(1), signs(2)
    other[90:120] = one[90:120]  # 1.2 s: a caption that slides in, a fade
    assert agreement(clip(one), clip(other)) >= 60
    assert near_duplicates({"a": [clip(one)], "b": [clip(other)]}) == []


def test_a_rhythm_in_common_is_not_a_recording_in_common():
    beat = np.tile(signs(1, 24), (12, 1))  # about one a second
    assert agreement(clip(beat), clip(beat)) == 576
    assert near_duplicates({"a": [clip(beat)], "b": [clip(np.roll(beat, 10, axis=0))]}) == []


def test_stretches_that_tell_nothing_join_nothing():
    still = np.zeros(36, np.uint64)
    hardly = still.copy()
    hardly[:4] = clip(signs(1, 32))
    assert near_duplicates({"a": [still], "b": [still], "c": [hardly], "d": [hardly]}) == []


def test_clips_of_one_video_are_not_held_against_each_other():
    assert near_duplicates({"a": [clip(signs(1)), clip(signs(1))]}) == []


def test_many_copies_are_connected_once():
    prints = {name: [clip(worn(signs(1), 0.05, seed))] for seed, name in enumerate("abcdef")}
    pairs = near_duplicates(prints)
    assert len(pairs) == 5
    reached = {"a"}
    for _ in pairs:
        reached |= {name for pair in pairs if reached & set(pair) for name in pair}
    assert reached == set("abcdef")


@pytest.mark.parametrize("prints", [{}, {"a": []}, {"a": [], "b": [np.empty(0, np.uint64)]}])
def test_nothing_to_compare_is_no_pairs(prints):
    assert near_duplicates(prints) == []


def test_two_seconds_are_too_few_to_tell_unless_they_agree():
    short = signs(1, 48)
    assert near_duplicates({"a": [clip(short)], "b": [clip(short)]}) == [("a", "b")]
    assert near_duplicates({"a": [clip(short)], "b": [clip(worn(short, 0.2))]}) == []


def test_agreement_is_two_points_a_frame_less_one_a_sign():
    values = signs(1, 16)
    assert agreement(clip(values), clip(values)) == 32
    changed = values.copy()
    changed[3, 5] ^= True
    assert agreement(clip(values), clip(changed)) == 31
    assert agreement(clip(values), np.empty(0, np.uint64)) == 0


def test_the_hashes_of_a_clip_hold_its_signs():
    values = signs(4, 16)
    assert (np.unpackbits(unpacked(clip(values))[0][:, None], axis=1, bitorder="little") == values).all()
