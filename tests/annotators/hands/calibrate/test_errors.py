import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from annotators.hands.calibrate.errors import image_errors, pose_errors
from datasets.hand.rotations import axis_angle_to_matrix

HAND = np.random.default_rng(0).normal(0, 0.05, (3, 21, 3))


def test_place_turn_and_size_are_no_error_of_the_pose():
    turn = axis_angle_to_matrix(np.array([0.3, -2.0, 0.7]))
    moved = 1.4 * HAND @ turn.T + np.array([0.1, 0.2, 2.0])
    assert pose_errors(moved, HAND) == pytest.approx(np.zeros(3), abs=1e-12)


def test_the_mirror_image_is_an_error_as_large_as_the_best_rotation_leaves():
    for mirrored, hand in zip(HAND * [-1, 1, 1], HAND, strict=True):
        source, target = mirrored - mirrored.mean(axis=0), hand - hand.mean(axis=0)
        turned = Rotation.align_vectors(target, source)[0].apply(source)
        scaled = turned * (turned * target).sum() / (source**2).sum()
        expected = np.linalg.norm(scaled - target, axis=1).mean()
        assert expected > 0.02
        assert pose_errors(mirrored, hand) == pytest.approx(expected, rel=1e-6)


def test_one_landmark_off_is_shared_by_all():
    wrong = HAND.copy()
    wrong[1, 8] += [0.021, 0, 0]
    errors = pose_errors(wrong, HAND)
    assert errors[[0, 2]] == pytest.approx([0, 0], abs=1e-12)
    assert 0.0003 < errors[1] < 0.004


def test_a_missing_landmark_makes_the_error_nan_and_a_collapsed_hand_does_not():
    posed = HAND.copy()
    posed[0, 3] = np.nan
    posed[1] = 0
    errors = pose_errors(posed, HAND)
    assert np.isnan(errors[0])
    assert errors[1] == pytest.approx(np.linalg.norm(HAND[1] - HAND[1].mean(axis=0), axis=1).mean(), rel=1e-6)


def test_image_errors_are_shares_of_the_true_hands_box():
    truth = np.zeros((2, 21, 2))
    truth[:, 1] = [80, 20]
    found = truth + np.array([3.0, 4.0])
    found[1] = np.nan
    assert image_errors(found, truth).tolist() == pytest.approx([5 / 80, np.nan], nan_ok=True)
