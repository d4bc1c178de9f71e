import numpy as np
import pytest

from annotators.hands.anatomy import flat_landmarks, joint_frames, rotation_limits
from benchmarks.hands.motions import motions
from benchmarks.hands.noise import NoiseModel, measured
from datasets.hand.camera import Camera
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import geodesic_deg, matrix_to_axis_angle

CAMERA = Camera(1200.0, 256.0, 352.0)
SILENT = NoiseModel(0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
PAIR = motions(neutral_hand(), 200, seed=0)


def test_a_seed_gives_the_same_motion_and_another_seed_another():
    again, other = motions(neutral_hand(), 200, seed=0), motions(neutral_hand(), 200, seed=1)
    assert (again[0].keypoints == PAIR[0].keypoints).all()
    assert (other[0].keypoints != PAIR[0].keypoints).any()


def test_both_hands_have_one_shape_and_their_own_motion():
    left, right = PAIR
    assert (left.side, right.side) == ("left", "right")
    assert (left.betas == right.betas).all()
    assert np.median(geodesic_deg(left.rotations, right.rotations)) > 5


def test_joints_stay_about_within_their_limits_and_hands_in_front_of_the_camera():
    right = PAIR[1]
    frames = joint_frames(flat_landmarks(neutral_hand(), np.zeros(10)))
    angles = np.einsum("tja,jab->tjb", matrix_to_axis_angle(right.rotations[:, 1:]), frames)
    lowest, highest = rotation_limits()
    assert ((angles > lowest) & (angles < highest)).mean() > 0.98
    assert right.keypoints[..., 2].min() > 0.5


def test_motion_is_smooth():
    assert np.linalg.norm(np.diff(PAIR[0].keypoints, n=2, axis=0), axis=-1).max() < 0.02


def test_without_noise_the_truth_is_measured():
    seen = measured(PAIR[0], CAMERA, SILENT, seed=0)
    assert seen.image_px == pytest.approx(CAMERA.project(PAIR[0].keypoints))
    assert np.diff(seen.points, axis=1) == pytest.approx(np.diff(PAIR[0].keypoints, axis=1))


def test_noise_is_as_large_as_stated():
    noise = NoiseModel(0.02, 0.004, 0.010, 1.0, 0.0, outlier_share=0.0)
    seen = measured(PAIR[0], CAMERA, noise, seed=0)
    true_px = CAMERA.project(PAIR[0].keypoints)
    size_px = np.ptp(true_px, axis=1).max(axis=1)[:, None, None]
    assert ((seen.image_px - true_px) / size_px).std() == pytest.approx(0.02, rel=0.05)
    centred = PAIR[0].keypoints - PAIR[0].keypoints.mean(axis=1, keepdims=True)
    assert (seen.points - centred).std(axis=(0, 1)) == pytest.approx([0.004, 0.004, 0.010], rel=0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_noise_lasts_over_time_as_stated_without_growing(correlation: float):
    noise = NoiseModel(0.02, 0.004, 0.01, 1.0, 0.0, outlier_share=0.0, correlation=correlation)
    seen = measured(PAIR[0], CAMERA, noise, seed=0)
    errors = seen.image_px - CAMERA.project(PAIR[0].keypoints)
    lag_one = np.sum(errors[1:] * errors[:-1]) / np.sum(errors**2)
    assert lag_one == pytest.approx(correlation, abs=0.05)
    assert errors[150:].std() == pytest.approx(errors[:50].std(), rel=0.2)
