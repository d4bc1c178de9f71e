"""The figures of the active-speaker benchmark on cases whose answer is known."""

import numpy as np
import pytest

from benchmarks.active_speaker.clips import Spoken
from benchmarks.active_speaker.pairs import Pairs, auroc, cut_short, shifted, swapped
from tests.annotators.speaker.voices import speaking


def spoken(seed: int, seconds: float, recording: str | None = None) -> Spoken:
    mouth, loudness = speaking(seed, seconds)
    both = np.stack([mouth, np.full(len(mouth), 0.3)], axis=1)
    return Spoken(f"clip {seed}", recording or f"voice {seed}", both, loudness)


@pytest.mark.parametrize(
    ("score", "own", "weight", "expected"),
    [
        ([0.9, 0.1], [True, False], [1, 1], 1.0),
        ([0.1, 0.9], [True, False], [1, 1], 0.0),
        ([0.5, 0.5], [True, False], [1, 1], 0.5),
        ([0.9, 0.4, 0.5, 0.1], [True, True, False, False], [1, 1, 1, 1], 0.75),
        ([0.9, 0.4, 0.5, 0.1], [True, True, False, False], [1, 0, 1, 1], 1.0),
        ([0.4, 0.5, 0.1], [True, False, False], [2, 3, 1], 0.25),
    ],
)
def test_auroc_is_the_chance_that_an_own_pair_scores_higher(score, own, weight, expected):
    assert auroc(np.array(score), np.array(own), np.array(weight, float)) == expected


def test_a_mouth_meets_its_own_sound_and_longer_ones_of_other_recordings():
    short, long, same_voice = spoken(0, 4), spoken(1, 8), spoken(2, 8, recording="voice 0")
    pairs = swapped([short, long, same_voice])
    assert pairs.own.sum() == 3
    assert sorted(map(tuple, pairs.recordings[~pairs.own])) == [
        ("voice 0", "voice 1"),  # of the short one
        ("voice 0", "voice 1"),  # of the long one with the same voice
        ("voice 1", "voice 0"),
    ]


def test_voices_are_told_apart_from_others_and_from_themselves_later():
    clips = [spoken(seed, 6 + seed % 3) for seed in range(5)]
    assert swapped(clips).auroc == 1.0
    assert shifted(clips, [25, 40]).auroc == 1.0
    assert (~shifted(clips, [25, 40]).own).sum() == 4 * len(clips)


def test_the_interval_holds_the_figure_and_is_wide_for_few_recordings():
    random = np.random.default_rng(0)
    recordings = np.array([(f"{n}", f"{m}") for n in range(6) for m in range(6)])
    own = recordings[:, 0] == recordings[:, 1]
    pairs = Pairs(random.normal(size=36) + own, own, recordings)
    low, high = pairs.interval(draws=200)
    assert low < pairs.auroc < high
    assert high - low > 0.1


def test_below_counts_own_and_others_apart():
    recordings = np.array([("a", "a"), ("a", "b"), ("a", "c")])
    pairs = Pairs(np.array([0.05, 0.05, 0.5]), np.array([True, False, False]), recordings)
    assert pairs.below(0.1) == (1.0, 0.5)


def test_pieces_are_as_long_as_asked_for_and_in_step():
    clip = spoken(0, 6)
    pieces = cut_short([clip], [50, 100, 500], each=2)
    assert [piece.n_frames for piece in pieces] == [50, 50, 100, 100, 150, 150]
    for piece in pieces:
        begin = np.flatnonzero(clip.loudness == piece.loudness[0])[0]
        assert np.array_equal(piece.mouth, clip.mouth[begin : begin + piece.n_frames])
