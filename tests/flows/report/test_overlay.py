from dataclasses import replace

import numpy as np
import pytest

from datasets.hand.neutral import neutral_hand
from flows.report.overlay import (
    LEFT_RGB,
    RIGHT_RGB,
    ClipLabels,
    FrameMarks,
    disagreement_px,
    draw,
    draw_hand,
    frame_marks,
    posed_keypoints,
)
from tests.flows.report.conftest import known_labels

GREY = np.full((704, 512, 3), 100, np.uint8)
MODELS = {"neutral": neutral_hand()}


def marks_of(labels: ClipLabels) -> FrameMarks:
    return frame_marks(labels, [0], MODELS)[0]


def changed(picture: np.ndarray) -> np.ndarray:
    return np.abs(picture.astype(int) - 100).max(axis=-1) > 12


def without_body(marks: FrameMarks) -> FrameMarks:
    return replace(marks, body=None)


def nearest_colour(picture: np.ndarray, point: np.ndarray, colour: tuple[int, ...]) -> float:
    """Smallest distance to `colour` in the 5 x 5 pixels around a point in fractions of the picture."""
    x, y = (point * picture.shape[1::-1]).astype(int)
    near = picture[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).astype(int)
    return float(np.abs(near - colour).max(axis=1).min())


def test_posed_points_are_the_projection_of_the_stored_parameters():
    labels = known_labels()
    posed = posed_keypoints(labels, [0, 30], neutral_hand())
    detected = labels.hands_keypoints.reshape(-1, 2, 21, 2)[[0, 30]]
    np.testing.assert_allclose(posed[:, 0], detected[:, 0], atol=1e-6)
    assert np.isnan(posed[:, 1]).all()


def test_the_wrist_of_each_hand_lies_where_its_own_translation_puts_it():
    labels = known_labels(frames=1)
    labels.hands_axis_angle[:], labels.hands_mano[:] = 0, 0
    model, betas = neutral_hand(), np.zeros(10)
    for side, (name, start) in enumerate((("left", 64), ("right", 131))):
        wrist_m = np.array([0.2 - 0.4 * side, 0.1, 1.5])
        labels.hands_mano[0, start : start + 3] = wrist_m - model.joints(betas, name)[0]
        posed = posed_keypoints(labels, [0], model)[0, side, 0] * (512, 704)
        np.testing.assert_allclose(posed, 900 * wrist_m[:2] / 1.5 + (256, 352), atol=1e-6)


def test_a_hand_is_drawn_on_its_points_in_its_own_colour():
    labels = known_labels()
    left = without_body(marks_of(labels))
    right = replace(
        left,
        detected=left.detected[::-1],
        posed=left.posed[::-1],
        valid=left.valid[::-1],
        confidence=np.ones(2),
    )
    middle_of_palm = left.posed[0, [0, 9]].mean(axis=0)
    assert nearest_colour(draw(GREY, left, 512), middle_of_palm, LEFT_RGB) < 40
    assert nearest_colour(draw(GREY, right, 512), middle_of_palm, RIGHT_RGB) < 40


def test_nothing_is_drawn_away_from_the_hand():
    marks = without_body(marks_of(known_labels()))
    y, x = np.nonzero(changed(draw(GREY, marks, 512)))
    points = marks.detected[0] * (512, 704)
    assert abs(x.min() - points[:, 0].min()) < 8
    assert abs(x.max() - points[:, 0].max()) < 8
    assert abs(y.min() - points[:, 1].min()) < 8
    assert abs(y.max() - points[:, 1].max()) < 8


def test_a_frame_without_a_valid_hand_shows_none():
    marks = replace(without_body(marks_of(known_labels())), valid=np.zeros(2))
    assert not changed(draw(GREY, marks, 256)).any()
    assert draw_hand(GREY, marks, 0, 100) is None


def test_an_interpolated_hand_has_bones_and_no_dots():
    marks = without_body(marks_of(known_labels()))
    apart = replace(marks, detected=marks.detected + 0.2)
    dot = apart.detected[0, 0]
    assert changed(draw(GREY, apart, 512))[int(dot[1] * 704), int(dot[0] * 512)]
    guessed = replace(apart, valid=np.array([2, 0]))
    assert not changed(draw(GREY, guessed, 512))[int(dot[1] * 704), int(dot[0] * 512)]
    assert changed(draw(GREY, guessed, 512)).any()


def test_bones_are_thicker_where_the_hand_is_sure():
    marks = replace(without_body(marks_of(known_labels())), detected=None)
    sure, unsure = (replace(marks, confidence=np.array([score, 0])) for score in (1.0, 0.1))
    assert changed(draw(GREY, sure, 256)).sum() > 1.15 * changed(draw(GREY, unsure, 256)).sum()


def test_body_lines_fade_with_visibility():
    body = marks_of(known_labels()).body
    bare = FrameMarks(body, None, None, np.zeros(2), np.zeros(2))
    hidden = replace(bare, body=body * (1, 1, 0))
    paler = replace(bare, body=body * (1, 1, 0.4))
    shown, pale = (draw(GREY, marks, 256).astype(int).max() for marks in (bare, paler))
    assert not changed(draw(GREY, hidden, 256)).any()
    assert 100 < pale < shown


def test_labels_that_are_null_draw_nothing():
    marks = frame_marks(ClipLabels(), [0, 5], MODELS)
    assert len(marks) == 2
    assert not changed(draw(GREY, marks[1], 128)).any()


def test_a_hand_model_that_is_not_at_hand_leaves_the_dots():
    marks = marks_of(replace(known_labels(), hands_model="0123abcd"))
    assert marks.posed is None
    assert changed(draw(GREY, without_body(marks), 256)).any()


def test_points_far_outside_or_unknown_do_no_harm():
    marks = marks_of(known_labels())
    wild = marks.posed.copy()
    wild[0, :5], wild[0, 5:9] = 1e9, np.nan
    drawn = draw(GREY, replace(marks, posed=wild), 128)
    assert drawn.shape == (176, 128, 3)
    assert draw_hand(GREY, replace(marks, posed=wild), 0, 64).shape == (64, 64, 3)


def test_a_close_up_shows_the_hand_in_its_middle():
    frame = GREY.copy()
    marks = replace(without_body(marks_of(known_labels())), posed=None)
    points = marks.detected[0] * (512, 704)
    centre = ((points.min(0) + points.max(0)) / 2).astype(int)
    frame[centre[1] - 3 : centre[1] + 4, centre[0] - 3 : centre[0] + 4] = (0, 255, 0)
    close = draw_hand(frame, marks, 0, 100).astype(int)
    green = np.argwhere((close[..., 1] > 180) & (close[..., 0] < 80))
    np.testing.assert_allclose(green.mean(axis=0), (50, 50), atol=3)


@pytest.mark.parametrize("shift_px", [0.0, 12.0])
def test_disagreement_is_the_distance_of_bones_and_dots_in_clip_pixels(shift_px):
    labels = known_labels()
    moved = labels.hands_keypoints.reshape(-1, 42, 2) + np.array([shift_px / 512, 0])
    left, right = disagreement_px(replace(labels, hands_keypoints=moved.reshape(-1, 84)), neutral_hand())
    assert left == pytest.approx(shift_px, abs=1e-3)
    assert right is None
    assert disagreement_px(ClipLabels(), neutral_hand()) == (None, None)
