"""The body's place in the picture: exact on landmarks placed by hand, close on rendered people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.body_place import body_place, body_place_clip
from annotators.pose import BodyPoint, PoseTrack
from datasets.hand.rotations import axis_angle_to_matrix

SIZE_PX = np.array([512.0, 704.0])
WIDTH_M = 0.36
FACING = {  # upright, facing the camera: the left shoulder is to the right of the picture
    BodyPoint.LEFT_SHOULDER: (WIDTH_M / 2, -0.5, 0.0),
    BodyPoint.RIGHT_SHOULDER: (-WIDTH_M / 2, -0.5, 0.0),
    BodyPoint.LEFT_HIP: (0.12, 0.0, 0.0),
    BodyPoint.RIGHT_HIP: (-0.12, 0.0, 0.0),
}


def seen(
    yaw: float = 0.0,
    roll: float = 0.0,
    pixels_a_metre: float = 500.0,
    middle_px=(256.0, 300.0),
    frames: int = 1,
) -> PoseTrack:
    """A body turned about its spine, then in the picture, seen from afar."""
    turn = axis_angle_to_matrix(np.array([0, 0, roll])) @ axis_angle_to_matrix(np.array([0, yaw, 0]))
    world = np.zeros((frames, 33, 3))
    for point, place in FACING.items():
        world[:, point] = turn @ np.array(place)
    shoulders = world[:, [BodyPoint.LEFT_SHOULDER, BodyPoint.RIGHT_SHOULDER]].mean(axis=1, keepdims=True)
    pixels = (world - shoulders)[..., :2] * pixels_a_metre + np.array(middle_px)
    keypoints = np.concatenate([pixels / SIZE_PX, np.ones((frames, 33, 1))], axis=-1)
    return PoseTrack(keypoints=keypoints, world=world)


def test_one_who_faces_the_camera_stands_at_the_shoulders_middle_with_their_width():
    assert body_place(seen())[0] == pytest.approx([0.5, 300 / 704, 0.36 * 500 / 512, 0, 0])


def test_yaw_is_positive_when_the_left_shoulder_comes_nearer():
    track = seen(yaw=0.5)
    assert track.world[0, BodyPoint.LEFT_SHOULDER, 2] < track.world[0, BodyPoint.RIGHT_SHOULDER, 2]
    assert body_place(track)[0, 4] == pytest.approx(0.5)


def test_roll_is_positive_when_the_left_shoulder_is_lower_in_the_picture():
    track = seen(roll=0.2)
    assert track.keypoints[0, BodyPoint.LEFT_SHOULDER, 1] > track.keypoints[0, BodyPoint.RIGHT_SHOULDER, 1]
    assert body_place(track)[0, 3] == pytest.approx(0.2)


@given(
    yaw=st.floats(-3.1, 3.1).filter(lambda yaw: abs(abs(yaw) - np.pi / 2) > 0.01),
    roll=st.floats(-1.2, 1.2),
    pixels_a_metre=st.floats(100, 900),
    x_px=st.floats(0, 512),
    y_px=st.floats(0, 704),
)
def test_turning_does_not_change_scale_and_every_part_comes_back(yaw, roll, pixels_a_metre, x_px, y_px):
    place = body_place(seen(yaw, roll, pixels_a_metre, (x_px, y_px)))[0]
    expected = [x_px / 512, y_px / 704, WIDTH_M * pixels_a_metre / 512, roll, yaw]
    assert place == pytest.approx(expected, abs=1e-6)


@given(
    angle=st.floats(-1, 1),
    zoom=st.floats(0.3, 3),
    shift=st.tuples(st.floats(-200, 200), st.floats(-200, 200)),
    jitter=st.integers(0, 2**32 - 1),
)
def test_a_picture_moved_turned_and_enlarged_moves_turns_and_enlarges_the_place(angle, zoom, shift, jitter):
    track = seen(yaw=0.4, roll=0.1, frames=3)
    track.keypoints[..., :2] += np.random.default_rng(jitter).normal(0, 0.01, (3, 33, 2))
    before = body_place(track)
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    pixels = track.keypoints[..., :2] * SIZE_PX @ turn.T + np.array(shift)
    keypoints = np.concatenate([pixels / SIZE_PX, track.keypoints[..., 2:]], axis=-1)
    spun = track.world @ axis_angle_to_matrix(np.array([0, 0, angle])).T
    after = body_place(PoseTrack(keypoints=keypoints, world=spun))
    assert after[:, :2] * SIZE_PX == pytest.approx(
        before[:, :2] * SIZE_PX @ turn.T + np.array(shift), abs=1e-6
    )
    assert after[:, 2] == pytest.approx(zoom * before[:, 2])
    assert after[:, 3] == pytest.approx(before[:, 3] + angle)
    assert after[:, 4] == pytest.approx(before[:, 4])


def test_hips_that_nobody_sees_do_not_lean_the_body():
    track = seen()
    hips = [BodyPoint.LEFT_HIP, BodyPoint.RIGHT_HIP]
    track.keypoints[:, hips, 0] += 0.2
    track.keypoints[:, hips, 2] = 0.0
    assert body_place(track)[0, 3] == pytest.approx(0.0, abs=1e-9)
    assert body_place(track)[0, 2] == pytest.approx(0.36 * 500 / 512, rel=0.01)


def test_one_who_shows_the_back_leans_as_the_picture_shows_even_with_unseen_hips():
    track = seen(yaw=2.8, roll=0.2)
    track.keypoints[:, [BodyPoint.LEFT_HIP, BodyPoint.RIGHT_HIP], 2] = 0.0
    assert body_place(track)[0, 3:] == pytest.approx([0.2, 2.8])


def test_a_frame_whose_metric_size_is_wrong_keeps_its_scale():
    track = seen(frames=3)
    track.world[1] *= 1.3
    assert body_place(track)[:, 2] == pytest.approx(np.full(3, 0.36 * 500 / 512))


def test_frames_without_a_body_are_nan_and_do_not_count_in_the_median():
    track = seen(yaw=0.3, frames=4)
    track.world[2] = track.keypoints[2] = np.nan
    place = body_place(track)
    assert np.isnan(place[2]).all()
    assert body_place_clip(place) == pytest.approx(place[0])


def test_a_clip_without_a_body_has_no_place():
    nothing = np.full((2, 33, 3), np.nan)
    place = body_place(PoseTrack(nothing, nothing))
    assert place.shape == (2, 5)
    assert np.isnan(place).all()
    assert body_place_clip(place) is None
    assert body_place_clip(np.empty((0, 5))) is None


def test_the_median_of_one_who_shows_the_back_is_the_back():
    place = np.zeros((5, 5))
    place[:, 4] = [3.1, -3.1, 3.0, -3.0, np.pi]
    assert np.abs(body_place_clip(place)[4]) == pytest.approx(np.pi, abs=0.05)


@pytest.mark.parametrize("column", [0, 1, 2, 3, 4])
def test_half_floats_keep_a_place_finer_than_it_is_measured(column):
    values = np.linspace(*[(0, 1), (0, 1), (0.1, 0.8), (-0.5, 0.5), (-1.5, 1.5)][column], 1000)
    tolerance = [0.25 / 512, 0.25 / 704, 0.001 * 0.8, np.radians(0.1), np.radians(0.1)][column]
    assert np.abs(values.astype(np.float16).astype(float) - values).max() < tolerance


@pytest.mark.slow
def test_on_rendered_talkers_it_is_near_the_truth():
    from annotators.pose import PoseTracker
    from datasets.talker.body import BODY_NAMES
    from datasets.talker.pictures import draw
    from datasets.talker.scene import make_scene, truth_of

    tracker, errors = PoseTracker(), []
    for seed in (50, 51):
        scene = make_scene(seconds=2, shots=1, seed=seed, width_px=512, height_px=704, rate_hz=25)
        truth = truth_of(scene, 512, 704)
        points = [BodyPoint[name.upper()] for name in BODY_NAMES]
        track = PoseTrack(np.ones((50, 33, 3)), np.zeros((50, 33, 3)))
        track.keypoints[:, points, :2] = truth.body_2d / SIZE_PX
        track.world[:, points] = truth.body_3d
        errors.append(np.abs(body_place(tracker.track(draw(scene, 512, 704))) - body_place(track)))
    x, y, scale, roll, yaw = np.median(np.concatenate(errors), axis=0)
    assert max(x, y) < 0.015
    assert scale < 0.06
    assert np.degrees(roll) < 4
    assert np.degrees(yaw) < 12
