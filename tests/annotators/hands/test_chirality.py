import numpy as np
import pytest

from annotators.hands.backend import Detection
from annotators.hands.chirality import clip_residuals, side_residuals
from datasets.hand.model import SIDES, Side
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix
from tests.annotators.hands.poses import BETAS, CAMERA, random_rotations

MODEL = neutral_hand()


def hands(side: Side, count: int = 40) -> np.ndarray:
    """(T, 21, 3) metres, about a point one metre away."""
    away = np.tile([0.0, 0.0, 1.0], (count, 1))
    return MODEL.forward(random_rotations(MODEL, side, count, seed=3), away, BETAS, side).keypoints


def detection(points: np.ndarray, depth: float = 1.0) -> Detection:
    """What a perfect detector says of one hand."""
    centred = points - points.mean(axis=0)
    image = CAMERA.project(points) / [512, 704]
    return Detection(image, depth * (points[:, 2] - points[0, 2]) * 900 / 512, centred, 1.0, None)


@pytest.mark.parametrize("index", [0, 1])
def test_the_right_side_explains_a_bent_hand_better(index: int):
    residuals = side_residuals(hands(SIDES[index]), MODEL)
    assert residuals[:, index].max() < 0.1
    assert (residuals[:, 1 - index] > residuals[:, index] + 0.1).mean() > 0.8
    assert (residuals[:, 1 - index] > residuals[:, index]).all()


def test_a_mirrored_hand_swaps_the_sides():
    points = hands("right")
    mirrored = side_residuals(points * [-1, 1, 1], MODEL)
    assert mirrored == pytest.approx(side_residuals(points, MODEL)[:, ::-1])


def test_neither_size_nor_place_matters():
    points = hands("left")
    assert side_residuals(900 * points + 5, MODEL) == pytest.approx(side_residuals(points, MODEL))


def test_even_the_wrong_side_explains_a_flat_hand():
    flat = np.broadcast_to(axis_angle_to_matrix(np.zeros((16, 3))), (1, 16, 3, 3))
    points = MODEL.forward(flat, np.ones((1, 3)), BETAS, "right").keypoints
    assert side_residuals(points, MODEL).max() < 0.1


def test_missing_and_coinciding_landmarks_do_no_harm():
    points = np.stack([np.full((21, 3), np.nan), np.zeros((21, 3))])
    residuals = side_residuals(points, MODEL)
    assert np.isnan(residuals[0]).all()
    assert np.isfinite(residuals[1]).all()


def test_a_clips_hands_come_back_frame_by_frame():
    left, right = hands("left", 2), hands("right", 1)
    frames = [[detection(left[0]), detection(right[0])], [], [detection(left[1])]]
    found = clip_residuals(frames, (512, 704), CAMERA, MODEL)
    assert [len(rows) for rows in found] == [2, 0, 1]
    assert [rows.argmin(axis=1).tolist() for rows in found] == [[0, 1], [], [0]]
    assert clip_residuals([], (512, 704), CAMERA, MODEL) == []


def test_a_source_without_depth_in_the_picture_is_judged_by_its_metric_landmarks():
    frames = [[detection(hands("left", 1)[0], depth=np.nan)]]
    assert clip_residuals(frames, (512, 704), CAMERA, MODEL)[0].argmin() == 0
