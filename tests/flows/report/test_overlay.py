from dataclasses import replace

import numpy as np
import pytest

from datasets.hand.neutral import neutral_hand
from flows.clip_labels import ClipLabels, posed_keypoints
from flows.report.overlay import (
    LEFT_RGB,
    RIGHT_RGB,
    FrameMarks,
    disagreement_px,
    draw,
    draw_hand,
    frame_marks,
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


def shown(picture: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Median colour of the 5 x 5 pixels around a point in fractions of the picture."""
    x, y = (point * picture.shape[1::-1]).astype(int)
    return np.median(picture[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3), axis=0)


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
        surface=replace(left.surface, vertices=left.surface.vertices[::-1], faces=left.surface.faces[::-1]),
    )
    middle_of_palm = left.posed[0, [0, 9]].mean(axis=0)
    for marks, colour in ((left, LEFT_RGB), (right, RIGHT_RGB)):
        tint = shown(draw(GREY, replace(marks, posed=None), 512), middle_of_palm) - 100.0
        wanted = np.array(colour) - 100.0
        assert tint @ wanted / np.linalg.norm(tint) / np.linalg.norm(wanted) > 0.9


def test_the_surface_covers_the_projected_mesh_and_nothing_else():
    marks = replace(without_body(marks_of(known_labels())), detected=None)
    y, x = np.nonzero(changed(draw(GREY, marks, 512)))
    pixels = marks.surface.camera.project(marks.surface.vertices[0])
    for found, true in ((x, pixels[:, 0]), (y, pixels[:, 1])):
        assert abs(found.min() - true.min()) < 2
        assert abs(found.max() + 1 - true.max()) < 2
    assert changed(draw(GREY, marks, 512))[tuple(np.floor(marks.posed[0, 9] * (512, 704)).astype(int)[::-1])]


def test_the_surface_lets_the_picture_through_and_more_where_the_hand_is_unsure():
    marks = replace(without_body(marks_of(known_labels())), detected=None, posed=None)
    palm = marks_of(known_labels()).posed[0, [0, 9]].mean(axis=0)
    black, white = (np.full((704, 512, 3), level, np.uint8) for level in (0, 255))

    def transparency(sure: float) -> float:
        given = replace(marks, confidence=np.array([sure, 0]))
        return (
            float(np.mean(shown(draw(white, given, 512), palm) - shown(draw(black, given, 512), palm))) / 255
        )

    assert 0.3 < transparency(1.0) < transparency(0.0) - 0.2
    assert transparency(0.0) < 0.8


def test_the_nearer_hand_lies_over_the_other():
    labels = known_labels(frames=1)
    labels.hands_valid[:] = 1
    labels.hands_axis_angle[0, 48:] = labels.hands_axis_angle[0, :48] * np.tile([1, -1, -1], 16)
    right_wrist = neutral_hand().joints(np.zeros(10), "right")[0]
    left_wrist = neutral_hand().joints(np.zeros(10), "left")[0] + labels.hands_mano[0, 64:67]
    for depth_m, bluer in ((0.8, True), (1.2, False)):  # of the right hand; the left hand is 1 m away
        labels.hands_mano[0, 131:] = left_wrist * depth_m - right_wrist
        marks = replace(marks_of(labels), body=None, detected=None, confidence=np.ones(2))
        palm = marks.posed[0, [0, 9]].mean(axis=0)
        red, _, blue = shown(draw(GREY, replace(marks, posed=None), 512), palm)
        assert (blue > red) == bluer


def test_a_frame_without_a_hand_shows_none():
    marks = without_body(marks_of(known_labels()))
    gone = replace(marks, valid=np.zeros(2), detected=np.full((2, 21, 2), np.nan))
    assert not changed(draw(GREY, gone, 256)).any()
    assert draw_hand(GREY, gone, 0, 100) is None


def test_a_masked_hand_has_grey_dots_and_no_surface():
    marks = without_body(marks_of(known_labels()))
    masked = draw(GREY, replace(marks, valid=np.zeros(2)), 512).astype(int)
    assert 0 < changed(masked).sum() < 0.6 * changed(draw(GREY, marks, 512)).sum()
    assert np.ptp(masked, axis=-1).max() < 20
    assert draw_hand(GREY, replace(marks, valid=np.zeros(2)), 0, 100) is not None


def test_an_interpolated_hand_has_a_surface_and_no_dots():
    marks = without_body(marks_of(known_labels()))
    apart = replace(marks, detected=marks.detected + 0.2)
    dot = apart.detected[0, 0]
    assert changed(draw(GREY, apart, 512))[int(dot[1] * 704), int(dot[0] * 512)]
    guessed = replace(apart, valid=np.array([2, 0]))
    assert not changed(draw(GREY, guessed, 512))[int(dot[1] * 704), int(dot[0] * 512)]
    assert changed(draw(GREY, guessed, 512)).any()


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
    assert marks.surface is None
    assert changed(draw(GREY, without_body(marks), 256)).any()


def test_points_far_outside_or_unknown_do_no_harm():
    marks = marks_of(known_labels())
    wild = marks.posed.copy()
    wild[0, :5], wild[0, 5:9] = 1e9, np.nan
    for far in ((0.0, 0.0, -3.0), (1e6, 0.0, 0.0), (0.0, 0.0, np.inf)):
        surface = replace(marks.surface, vertices=marks.surface.vertices + far)
        given = replace(marks, posed=wild, surface=surface)
        assert draw(GREY, given, 128).shape == (176, 128, 3)
        assert draw_hand(GREY, given, 0, 64).shape == (64, 64, 3)


def test_a_close_up_shows_the_hand_in_its_middle():
    frame = GREY.copy()
    marks = replace(without_body(marks_of(known_labels())), posed=None, surface=None)
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
