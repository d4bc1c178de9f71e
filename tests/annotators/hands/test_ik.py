import numpy as np
import pytest

from annotators.hands.anatomy import flat_landmarks, joint_frames, rotation_limits
from annotators.hands.ik import palm_rotation, right_hand_rotations
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix, geodesic_deg, matrix_to_axis_angle

REST = flat_landmarks(neutral_hand(), np.zeros(10))


def test_a_flat_hand_has_no_rotation():
    assert right_hand_rotations(REST[None], REST) == pytest.approx(
        np.tile(np.eye(3), (1, 16, 1, 1)), abs=1e-9
    )


def test_the_palm_gives_any_global_rotation():
    turns = axis_angle_to_matrix(np.random.default_rng(0).normal(0, 2, (100, 3)))
    turned = REST @ np.swapaxes(turns, -1, -2)
    assert geodesic_deg(palm_rotation(turned, REST), turns).max() < 1e-5


def test_a_mirrored_palm_is_met_by_a_rotation_not_a_reflection():
    found = palm_rotation((REST * [-1, 1, 1])[None], REST)
    assert np.linalg.det(found) == pytest.approx(1)


def test_flexion_is_positive_towards_the_palm():
    model, frames = neutral_hand(), joint_frames(REST)
    bent = np.zeros((1, 16, 3))
    bent[0, 1] = frames[0] @ [0, np.pi / 2, 0]  # index knuckle
    points = model.forward(axis_angle_to_matrix(bent), np.zeros((1, 3)), np.zeros(10), "right").keypoints[0]
    assert points[8, 1] < REST[8, 1] - 0.05  # the back of the neutral hand is up, at +y


def test_joints_stay_within_their_limits_whatever_the_landmarks():
    world = np.random.default_rng(1).normal(0, 0.05, (200, 21, 3))
    rotations = right_hand_rotations(world, REST)
    angles = np.einsum("tja,jab->tjb", matrix_to_axis_angle(rotations[:, 1:]), joint_frames(REST))
    lowest, highest = rotation_limits()
    assert (angles >= lowest - 1e-6).all()
    assert (angles <= highest + 1e-6).all()


def test_landmarks_on_one_point_give_finite_rotations():
    assert np.isfinite(right_hand_rotations(np.zeros((2, 21, 3)), REST)).all()
