from types import SimpleNamespace

import numpy as np
import pytest

from annotators.hands.disagreement import disagreement
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix


def tracks(points: np.ndarray) -> SimpleNamespace:
    """One frame: these points as the left hand, none as the right."""
    return SimpleNamespace(world=np.stack([points, np.full((21, 3), np.nan)])[None])


def hand(bend: float = 0.0) -> np.ndarray:
    axis_angle = np.zeros((1, 16, 3))
    axis_angle[:, 1:, 2] = bend
    return (
        neutral_hand()
        .forward(axis_angle_to_matrix(axis_angle), np.zeros((1, 3)), np.zeros(10), "left")
        .keypoints[0]
    )


def test_the_same_hand_nearer_larger_and_about_another_origin_does_not_disagree():
    found = disagreement(tracks(hand(0.3)), tracks(1.3 * hand(0.3) + 5))
    assert found[0, 0] == pytest.approx(0, abs=1e-9)


def test_a_hand_turned_round_disagrees_more_than_one_slightly_bent():
    bent = disagreement(tracks(hand(0.3)), tracks(hand(0.4)))[0, 0]
    turned = disagreement(tracks(hand(0.3)), tracks(hand(0.3) * [1, -1, -1]))[0, 0]
    assert 0 < bent < 0.2 < turned


def test_a_fingertip_one_hand_size_off_counts_one_twentyfirst():
    first = hand()
    size = np.linalg.norm(first[[5, 9, 13, 17]] - first[0], axis=-1).mean()
    second = first.copy()
    second[8] += [0, size, 0]
    assert disagreement(tracks(first), tracks(second))[0, 0] == pytest.approx(1 / 21)


def test_a_hand_that_one_lacks_or_that_has_no_size_is_unknown():
    found = disagreement(tracks(hand()), tracks(np.zeros((21, 3))))
    assert np.isnan(found).all()
    assert found.shape == (1, 2)
