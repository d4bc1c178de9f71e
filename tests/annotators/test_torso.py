"""The torso's place and orientation against a body that was placed and projected by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.pose import BodyPoint, PoseTrack
from annotators.torso import steady_offset, torso_axes, torso_offset
from datasets.hand.camera import Camera
from datasets.hand.rotations import axis_angle_to_matrix, geodesic_deg, quaternion_to_matrix

CAMERA = Camera(focal_px=900.0, centre_x_px=256.0, centre_y_px=352.0)
FACING = {  # upright, facing the camera: the left shoulder is to the right of the picture
    BodyPoint.LEFT_SHOULDER: (0.18, -0.5, 0.0),
    BodyPoint.RIGHT_SHOULDER: (-0.18, -0.5, 0.0),
    BodyPoint.LEFT_HIP: (0.12, 0.0, 0.0),
    BodyPoint.RIGHT_HIP: (-0.12, 0.0, 0.0),
}


def placed(turn: np.ndarray, hips: np.ndarray, sizes: np.ndarray | None = None) -> PoseTrack:
    """A track as MediaPipe would give it: world about the hips, times a size error, and the true picture."""
    world = np.zeros((len(turn), 33, 3))
    for point, place in FACING.items():
        world[:, point] = np.einsum("tij,j->ti", turn, np.array(place))
    pixels = CAMERA.project(world + hips[:, None])
    keypoints = np.concatenate([pixels / [512, 704], np.ones((len(turn), 33, 1))], axis=-1)
    sizes = np.ones(len(turn)) if sizes is None else sizes
    return PoseTrack(keypoints=keypoints, world=world * sizes[:, None, None])


def still(frames: int) -> tuple[np.ndarray, np.ndarray]:
    return np.tile(np.eye(3), (frames, 1, 1)), np.tile([0.1, 0.3, 1.5], (frames, 1))


def test_upright_and_facing_the_camera_is_the_identity():
    offset = torso_offset(placed(*still(3)), CAMERA, smooth_frames=15)
    assert offset[:, 3:] == pytest.approx(np.tile([1.0, 0, 0, 0], (3, 1)))


def test_the_place_is_the_middle_of_the_shoulders_in_the_camera_frame():
    offset = torso_offset(placed(*still(3)), CAMERA, smooth_frames=15)
    assert offset[:, :3] == pytest.approx(np.tile([0.1, -0.2, 1.5], (3, 1)), abs=1e-6)


@given(
    axis_angle=st.tuples(*[st.floats(-0.7, 0.7)] * 3),
    place=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.1, 0.5), st.floats(1.0, 4.0)),
)
def test_any_turn_and_place_come_back(axis_angle, place):
    turn = axis_angle_to_matrix(np.array([axis_angle]))
    hips = np.array([place])
    offset = torso_offset(placed(turn, hips), CAMERA, smooth_frames=15)
    assert offset[0, :3] == pytest.approx(hips[0] + turn[0] @ [0, -0.5, 0], abs=1e-6)
    assert geodesic_deg(quaternion_to_matrix(offset[:, 3:]), turn)[0] < 1e-4


def test_a_frame_whose_metric_size_is_wrong_does_not_jump_in_depth():
    sizes = np.array([1.0, 1.0, 1.3, 1.0, 1.0])
    offset = torso_offset(placed(*still(5), sizes=sizes), CAMERA, smooth_frames=1)
    assert offset[:, 2] == pytest.approx(np.full(5, 1.5), abs=1e-6)


def test_one_wild_depth_is_taken_out_by_the_running_median_along_its_ray():
    turn, hips = still(5)
    hips[2] *= 1.4  # the same pixels for the hips, further away
    offset = torso_offset(placed(turn, hips), CAMERA, smooth_frames=5)
    assert offset[2, 2] == pytest.approx(1.5, abs=1e-6)
    shoulders = hips[2] + [0, -0.5, 0]
    assert CAMERA.project(offset[2, :3]) == pytest.approx(CAMERA.project(shoulders), abs=1e-6)


def test_frames_without_a_body_stay_nan_and_signs_go_on_across_them():
    angles = np.radians([80.0, 120.0, 160.0, 200.0, 240.0])  # a turn about the vertical, past half a circle
    turn = axis_angle_to_matrix(angles[:, None] * np.array([0.0, 1.0, 0.0]))
    track = placed(turn, still(5)[1])
    track.world[2] = track.keypoints[2] = np.nan
    offset = torso_offset(track, CAMERA, smooth_frames=3)
    assert np.isnan(offset[2]).all()
    seen = offset[[0, 1, 3, 4], 3:]
    assert (np.sum(seen[1:] * seen[:-1], axis=-1) > 0).all()


def test_no_body_at_all_is_all_nan():
    track = PoseTrack(np.full((4, 33, 3), np.nan), np.full((4, 33, 3), np.nan))
    assert np.isnan(torso_offset(track, CAMERA, smooth_frames=15)).all()


def test_the_axes_are_a_rotation_even_with_crooked_hips():
    world = placed(*still(1)).world
    world[0, BodyPoint.LEFT_HIP] += [0.1, 0.05, -0.2]
    axes = torso_axes(world)[0]
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1.0)


def standing(frames: int) -> np.ndarray:
    return np.tile([0.1, -0.2, 1.5, 1.0, 0.0, 0.0, 0.0], (frames, 1))


def test_a_steadied_torso_forgets_a_frame_that_was_wrong():
    offset = standing(31)
    offset[15] = [0.4, 0.2, 2.5, 0.5, 0.5, 0.5, 0.5]
    steady = steady_offset(offset, median_frames=15, smooth_frames=5.0)
    assert steady == pytest.approx(standing(31))


def test_a_steadied_torso_follows_slow_motion():
    offset = standing(101)
    offset[:, 0] = 0.1 * np.sin(2 * np.pi * np.arange(101) / 100)  # 10 cm to and fro in 4 s
    steady = steady_offset(offset, median_frames=15, smooth_frames=5.0)
    assert steady[10:-10, 0] == pytest.approx(offset[10:-10, 0], abs=0.01)
    assert np.abs(steady[:, 0]).max() > 0.09


def test_frames_without_a_body_lie_between_their_neighbours_or_at_the_nearest():
    offset = standing(9)
    offset[:, 0] = [0, 0, 0, 0, 0, 4, 4, 4, 4]
    offset[[0, 1, 4, 8]] = np.nan
    steady = steady_offset(offset, median_frames=1, smooth_frames=1e-3)
    assert steady[:, 0] == pytest.approx([0, 0, 0, 0, 2, 4, 4, 4, 4])


def test_a_clip_without_a_body_has_no_steadied_torso():
    assert steady_offset(np.full((5, 7), np.nan), median_frames=15, smooth_frames=5.0) is None
