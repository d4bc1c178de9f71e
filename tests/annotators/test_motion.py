"""Wrist speed and variance in the body's frame against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotators.annotator import Clip
from annotators.motion import MotionAnnotator, MotionParams, from_body
from datasets.hand.rotations import axis_angle_to_matrix, matrix_to_quaternion
from datasets.motion.windows import window_speed, window_variance

STANDING = np.array([0.1, -0.2, 1.5, 1.0, 0.0, 0.0, 0.0])  # facing the camera 1.5 m away


def row(wrist: np.ndarray, valid: np.ndarray, offset: np.ndarray | None = None) -> dict:
    columns = {"hands_wrist": wrist, "hands_valid": valid}
    if offset is not None:
        columns["body_offset"] = offset
    clip = Clip("clip", np.empty((0, 704, 512, 3), np.uint8), columns=columns)
    return MotionAnnotator().annotate([clip]).to_pylist()[0]


def left_hand(wrist: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of a clip with this left wrist (T, 3) in every frame and no right one."""
    hands = np.full((len(wrist), 6), np.nan)
    hands[:, :3] = wrist
    return hands, np.tile(np.array([1, 0], np.uint8), (len(wrist), 1))


def test_uniform_motion_has_its_own_speed_and_the_variance_of_an_even_row_of_points():
    wrist = np.arange(100)[:, None] * np.array([0.003, 0.0, 0.004])  # 5 mm a frame
    values = row(*left_hand(wrist), np.tile(STANDING, (100, 1)))
    assert values["motion_speed"] == [pytest.approx(0.125), None]
    assert values["motion_variance"] == [pytest.approx(0.005**2 * (100**2 - 1) / 12), None]


def test_a_circle_has_the_square_of_its_radius_as_variance():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    circle = 0.2 * np.stack([np.cos(angle), np.sin(angle), np.zeros(100)], axis=-1)
    values = row(*left_hand(circle), np.tile(STANDING, (100, 1)))
    assert values["motion_variance"][0] == pytest.approx(0.04)
    assert values["motion_speed"][0] == pytest.approx(25 * 2 * 0.2 * np.sin(np.pi / 100))


def walking(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Torsos that go 40 cm to the side and back in 8 s and turn by 30 degrees: offsets and wrists at rest in them."""
    phase = np.linspace(0, 2 * np.pi, frames)
    place = np.stack([0.2 - 0.2 * np.cos(phase), np.zeros(frames), 2 + 0.1 * np.sin(phase)], axis=-1)
    turn = axis_angle_to_matrix(np.sin(phase)[:, None] * np.radians(30) * np.array([0, 1, 0]))
    offset = np.concatenate([place, matrix_to_quaternion(turn)], axis=1)
    return offset, place + turn @ np.array([0.2, 0.3, -0.3])


def test_a_hand_at_rest_in_a_body_that_walks_and_turns_hardly_moves():
    offset, wrist = walking(200)
    seen_from_camera, seen_from_body = row(*left_hand(wrist)), row(*left_hand(wrist), offset)
    assert seen_from_camera["motion_variance"][0] > 0.02
    assert seen_from_body["motion_variance"][0] < 0.0002
    assert seen_from_body["motion_speed"][0] < 0.2 * seen_from_camera["motion_speed"][0]


def test_jitter_of_the_torso_does_not_move_the_hands():
    frames, random = 200, np.random.default_rng(0)
    offset = np.tile(STANDING, (frames, 1))
    offset[:, :3] += random.normal(0, [0.005, 0.005, 0.02], (frames, 3))
    offset[:, 3:] = matrix_to_quaternion(axis_angle_to_matrix(random.normal(0, np.radians(3), (frames, 3))))
    wrist = np.tile([0.3, 0.1, 1.2], (frames, 1))
    values = row(*left_hand(wrist), offset)
    assert values["motion_speed"][0] < 0.03
    assert values["motion_variance"][0] < 0.005**2 + 0.02**2


def test_the_frame_of_the_body_goes_across_down_and_out_of_the_back():
    quarter = matrix_to_quaternion(
        axis_angle_to_matrix(np.array([0, np.pi / 2, 0]))
    )  # the left shoulder in front
    offset = np.tile([0.0, 0.0, 2.0, *quarter], (20, 1))
    wrists = np.tile([[[0.0, 0.3, 1.8], [-0.4, 0.3, 2.2]]], (20, 1, 1))
    places = from_body(wrists, offset, MotionParams())
    assert places[3, 0] == pytest.approx([0.2, 0.3, 0.0])  # as far to the person's left as it is nearer
    assert places[3, 1] == pytest.approx(
        [-0.2, 0.3, -0.4]
    )  # before the chest, which looks to the picture's left


@pytest.mark.parametrize("offset", [None, np.full((4, 7), np.nan)])
def test_without_a_body_the_hands_are_taken_in_the_camera_frame(offset):
    wrists = np.arange(24.0).reshape(4, 2, 3)
    assert from_body(wrists, offset, MotionParams()).tolist() == wrists.tolist()


def test_interpolated_frames_count_as_measured_ones():
    wrist = np.tile(np.arange(4.0)[:, None], (1, 6))
    values = row(wrist, np.array([[1, 1], [2, 0], [2, 0], [1, 1]], np.uint8))
    assert values["motion_speed"] == [pytest.approx(25 * np.sqrt(3)), None]
    assert values["motion_variance"] == [pytest.approx(3 * 1.25), pytest.approx(3 * 2.25)]


def test_a_hand_never_seen_has_null_items():
    wrist = np.full((5, 6), np.nan)
    wrist[:, :3] = 0.5
    values = row(wrist, np.array([[1, 0]] * 5, np.uint8))
    assert values["motion_speed"] == [0.0, None]
    assert values["motion_variance"] == [0.0, None]


def test_a_clip_whose_hands_are_null_has_null_items_and_no_sums():
    clip = Clip(
        "clip", np.empty((0, 704, 512, 3), np.uint8), columns={"hands_wrist": None, "hands_valid": None}
    )
    values = MotionAnnotator().annotate([clip]).to_pylist()[0]
    assert values == {"motion_speed": [None, None], "motion_variance": [None, None], "motion_sums": None}


def test_hands_must_have_been_annotated_first():
    clip = Clip("c1", np.empty((0, 704, 512, 3), np.uint8))
    with pytest.raises(KeyError, match="c1 has no hands_wrist"):
        MotionAnnotator().annotate([clip])


def test_the_stored_sums_give_the_motion_of_the_clip_and_of_a_window():
    wrist = np.zeros((60, 3))
    wrist[30:, 0] = np.arange(30) * 0.01
    values = row(*left_hand(wrist))
    sums = np.array(values["motion_sums"])
    assert sums.shape == (60, 14)
    assert window_variance(sums, 0, 60)[0] == pytest.approx(values["motion_variance"][0])
    assert window_speed(sums, 0, 30)[0] == pytest.approx(0.0, abs=1e-9)
    assert window_speed(sums, 30, 60)[0] == pytest.approx(0.25)


WRISTS = arrays(float, (12, 6), elements=st.floats(-2, 2))
VALID = arrays(np.uint8, (12, 2), elements=st.integers(0, 2))


@given(wrist=WRISTS, valid=VALID, shift=arrays(float, 3, elements=st.floats(-5, 5)), angle=st.floats(-1, 1))
def test_where_the_person_stands_and_faces_does_not_matter(wrist, valid, shift, angle):
    offset = np.tile(STANDING, (12, 1))
    turn = axis_angle_to_matrix(np.array([0.2, angle, 0.0]))
    moved = (wrist.reshape(12, 2, 3) @ turn.T + shift).reshape(12, 6)
    turned = np.tile([*(turn @ STANDING[:3] + shift), *matrix_to_quaternion(turn)], (12, 1))
    close(row(moved, valid, turned), row(wrist, valid, offset))


@given(wrist=WRISTS, valid=VALID)
def test_a_mirrored_person_swaps_the_hands(wrist, valid):
    swapped = (wrist.reshape(-1, 2, 3)[:, ::-1] * [-1, 1, 1]).reshape(-1, 6)
    offset = np.tile(STANDING, (12, 1))
    mirrored = row(swapped, valid[:, ::-1], offset * [-1, 1, 1, 1, 1, 1, 1])
    close(
        {name: mirrored[name][::-1] for name in ("motion_speed", "motion_variance")},
        row(wrist, valid, offset),
    )


def close(first: dict, second: dict) -> None:
    for name in ("motion_speed", "motion_variance"):
        expected = [None if value is None else pytest.approx(value, abs=1e-4) for value in second[name]]
        assert first[name] == expected, name
