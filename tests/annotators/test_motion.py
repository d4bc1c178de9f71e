"""Wrist speed and variance against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotators.annotator import Clip
from annotators.motion import MotionAnnotator, wrist_speed, wrist_variance

ALL = np.ones(100, bool)


def motion(wrist: np.ndarray, valid: np.ndarray) -> tuple[list, list]:
    clip = Clip(
        "clip", np.empty((0, 704, 512, 3), np.uint8), columns={"hands_wrist": wrist, "hands_valid": valid}
    )
    row = MotionAnnotator().annotate([clip]).to_pylist()[0]
    return row["motion_speed"], row["motion_variance"]


def test_uniform_motion_has_its_own_speed():
    wrist = np.arange(100)[:, None] * np.array([0.003, 0.0, 0.004])  # 5 mm a frame
    assert wrist_speed(wrist, ALL, rate_hz=25) == pytest.approx(0.125)


def test_uniform_motion_has_the_variance_of_an_even_row_of_points():
    wrist = np.arange(100)[:, None] * np.array([0.003, 0.0, 0.004])
    assert wrist_variance(wrist, ALL) == pytest.approx(0.005**2 * (100**2 - 1) / 12)


def test_a_circle_has_the_square_of_its_radius_as_variance():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    circle = 0.2 * np.stack([np.cos(angle), np.sin(angle), np.zeros(100)], axis=-1)
    assert wrist_variance(circle, ALL) == pytest.approx(0.04)
    assert wrist_speed(circle, ALL, rate_hz=25) == pytest.approx(25 * 2 * 0.2 * np.sin(np.pi / 100))


def test_only_consecutive_measured_frames_make_a_speed():
    wrist = np.array([[0.0], [1.0], [50.0], [3.0], [5.0]]) * [1, 0, 0]
    measured = np.array([True, True, False, True, True])
    assert wrist_speed(wrist, measured, rate_hz=1) == pytest.approx((1 + 2) / 2)


def test_interpolated_frames_do_not_count():
    wrist = np.tile(np.arange(4.0)[:, None], (1, 6))
    speed, variance = motion(wrist, np.array([[1, 1], [1, 2], [1, 2], [1, 1]], np.uint8))
    assert speed[0] == pytest.approx(25 * np.sqrt(3))
    assert speed[1] is None  # measured twice, never in consecutive frames
    assert variance == pytest.approx([3 * 1.25, 3 * 2.25])


def test_a_hand_never_seen_has_null_items():
    wrist = np.full((5, 6), np.nan)
    wrist[:, :3] = 0.5
    speed, variance = motion(wrist, np.array([[1, 0]] * 5, np.uint8))
    assert speed == [0.0, None]
    assert variance == [0.0, None]


def test_a_clip_whose_hands_are_null_has_null_items():
    clip = Clip(
        "clip", np.empty((0, 704, 512, 3), np.uint8), columns={"hands_wrist": None, "hands_valid": None}
    )
    row = MotionAnnotator().annotate([clip]).to_pylist()[0]
    assert row == {"motion_speed": [None, None], "motion_variance": [None, None]}


def test_hands_must_have_been_annotated_first():
    clip = Clip("c1", np.empty((0, 704, 512, 3), np.uint8))
    with pytest.raises(KeyError, match="c1 has no hands_wrist"):
        MotionAnnotator().annotate([clip])


WRISTS = arrays(float, (12, 6), elements=st.floats(-2, 2))
VALID = arrays(np.uint8, (12, 2), elements=st.integers(0, 2))


@given(wrist=WRISTS, valid=VALID, shift=arrays(float, 3, elements=st.floats(-5, 5)))
def test_where_the_person_stands_does_not_matter(wrist, valid, shift):
    moved = wrist + np.tile(shift, 2)
    for before, after in zip(motion(wrist, valid), motion(moved, valid), strict=True):
        assert [None if value is None else pytest.approx(value, abs=1e-5) for value in before] == after


@given(wrist=WRISTS, valid=VALID)
def test_a_mirrored_person_swaps_the_hands(wrist, valid):
    swapped = (wrist.reshape(-1, 2, 3)[:, ::-1] * [-1, 1, 1]).reshape(-1, 6)
    for before, after in zip(motion(wrist, valid), motion(swapped, valid[:, ::-1]), strict=True):
        assert before[::-1] == after
