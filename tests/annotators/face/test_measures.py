"""Measures of a face made of points that are placed by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.face.measures import _RIGID, box, eyes, face_height_px, mouth
from datasets.hand.rotations import axis_angle_to_matrix

GAP_PX, WIDTH_PX = 6.0, 40.0


def face(gap_px: float = GAP_PX, left_lids_px: float = 7.0, right_lids_px: float = 7.0) -> np.ndarray:
    """(1, 478, 3) px: rigid points on a circle of 50 px, a mouth 40 wide, eyes 20 wide; all else at the middle."""
    points = np.zeros((1, 478, 3))
    angles = np.linspace(0, 2 * np.pi, len(_RIGID), endpoint=False)
    points[0, _RIGID, :2] = 50 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for upper, lower in ((13, 14), (82, 87), (312, 317)):
        points[0, upper, 1], points[0, lower, 1] = 30 - gap_px / 2, 30 + gap_px / 2
    points[0, 78, 0], points[0, 308, 0] = -WIDTH_PX / 2, WIDTH_PX / 2
    for lids_px, lids, corners, x in (
        (left_lids_px, ((386, 374), (385, 380), (387, 373)), (362, 263), 30),
        (right_lids_px, ((159, 145), (158, 153), (160, 144)), (133, 33), -30),
    ):
        for upper, lower in lids:
            points[0, upper], points[0, lower] = (x, -20 - lids_px / 2, 0), (x, -20 + lids_px / 2, 0)
        points[0, corners[0]], points[0, corners[1]] = (x - 10, -20, 0), (x + 10, -20, 0)
    return points


def test_the_gap_and_width_are_told_in_face_heights():
    height = face_height_px(face())[0]
    assert mouth(face())[0] == pytest.approx([GAP_PX / height, WIDTH_PX / height])


def test_the_jaw_does_not_change_the_height():
    opened = face()
    opened[0, [152, 17, 14, 87, 317], 1] += 40
    assert face_height_px(opened) == pytest.approx(face_height_px(face()))


def test_lids_are_told_by_the_eyes_width_the_persons_left_first():
    winking = eyes(face(left_lids_px=1.0))[0]
    assert winking == pytest.approx([1 / 20, 7 / 20])


@given(
    pitch=st.floats(-0.7, 0.7),
    yaw=st.floats(-0.7, 0.7),
    roll=st.floats(-0.7, 0.7),
    size=st.floats(0.3, 3),
    x_px=st.floats(0, 500),
)
def test_neither_turning_nor_coming_nearer_changes_lips_and_lids(pitch, yaw, roll, size, x_px):
    turned = size * face() @ axis_angle_to_matrix(np.array([pitch, yaw, roll])).T + [x_px, 0, 0]
    assert mouth(turned) == pytest.approx(mouth(face()))
    assert eyes(turned) == pytest.approx(eyes(face()))


def test_the_box_holds_the_face_in_fractions_of_the_picture():
    placed = face() + np.array([256, 352, 0])
    assert box(placed, (512, 704))[0] == pytest.approx([206 / 512, 302 / 704, 100 / 512, 100 / 704], abs=0.01)


def test_what_was_not_found_stays_nan():
    nothing = np.full((2, 478, 3), np.nan)
    assert all(np.isnan(each).all() for each in (mouth(nothing), eyes(nothing), box(nothing, (512, 704))))
