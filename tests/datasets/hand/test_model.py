import numpy as np
import pytest

from datasets.hand.model import MEDIAPIPE_ORDER
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix, mirror_axis_angle
from tests.datasets.hand.mano_files import MIRROR
from tests.datasets.hand.smplx_poses import assert_posed_as_smplx_poses_it


@pytest.mark.parametrize("side", ["left", "right"])
def test_forward_agrees_with_smplx(side):
    hand, random = neutral_hand(), np.random.default_rng(3)
    pose, betas = random.normal(0, 0.5, (5, 48)), random.normal(0, 1, 10)
    translation = random.normal(0, 0.3, (5, 3))
    posed = hand.forward(
        axis_angle_to_matrix(pose.reshape(5, 16, 3)), translation, betas, side, vertices=True
    )
    assert_posed_as_smplx_poses_it(posed, hand, side, pose, betas, translation)


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_wrist_is_joint_zero_plus_the_translation(side):
    hand, random = neutral_hand(), np.random.default_rng(0)
    betas, translation = random.normal(size=10), random.normal(size=(3, 3))
    posed = hand.forward(axis_angle_to_matrix(random.normal(size=(3, 16, 3))), translation, betas, side)
    np.testing.assert_allclose(posed.keypoints[:, 0], hand.joints(betas, side)[0] + translation, atol=1e-12)


def test_the_left_hand_is_the_right_hand_in_a_mirror():
    hand, random = neutral_hand(), np.random.default_rng(1)
    pose, betas = random.normal(0, 0.5, (2, 16, 3)), random.normal(size=10)
    still = np.zeros((2, 3))
    right = hand.forward(axis_angle_to_matrix(pose), still, betas, "right", vertices=True)
    left = hand.forward(axis_angle_to_matrix(mirror_axis_angle(pose)), still, betas, "left", vertices=True)
    np.testing.assert_allclose(left.vertices, right.vertices * MIRROR, atol=1e-12)
    np.testing.assert_allclose(left.keypoints, right.keypoints * MIRROR, atol=1e-12)


def test_keypoints_are_the_same_with_and_without_vertices():
    hand = neutral_hand()
    pose = axis_angle_to_matrix(np.random.default_rng(2).normal(size=(2, 16, 3)))
    few = hand.forward(pose, np.zeros((2, 3)), np.ones(10), "left")
    all_ = hand.forward(pose, np.zeros((2, 3)), np.ones(10), "left", vertices=True)
    assert few.vertices is None
    np.testing.assert_allclose(few.keypoints, all_.keypoints, atol=1e-12)


def test_no_hands_give_no_poses():
    posed = neutral_hand().forward(np.zeros((0, 16, 3, 3)), np.zeros((0, 3)), np.zeros(10), "right")
    assert posed.keypoints.shape == (0, 21, 3)


def test_keypoints_stand_in_mediapipes_order():
    rest = neutral_hand().forward(
        np.eye(3)[None, None].repeat(16, 1), np.zeros((1, 3)), np.zeros(10), "right"
    )
    joints, keypoints = rest.joints[0], rest.keypoints[0]
    assert sorted(MEDIAPIPE_ORDER) == list(range(21))
    np.testing.assert_array_equal(keypoints[[1, 5, 9, 13, 17]], joints[[13, 1, 4, 10, 7]])
    assert keypoints[4, 2] == keypoints[:, 2].max()  # the thumb's tip is the farthest along +z
    assert keypoints[12, 0] == keypoints[:, 0].min()  # the middle finger's tip is the farthest along -x
