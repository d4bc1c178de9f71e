import numpy as np
import pytest

from annotators.hands.external.predictions import ROW_SHAPES, check_rows, crop_detections
from datasets.hand.neutral import neutral_hand
from tests.annotators.hands.external.synthetic import PICTURE_PX, known_hand, stacked


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hand_comes_back_as_it_was_before_the_crop_on_both_sides(seed: int, side: str):
    known = known_hand(seed, side)
    ((hand,),) = crop_detections(stacked([known.row(0)]), 1, PICTURE_PX)
    np.testing.assert_allclose(hand.image * PICTURE_PX, known.image_px, atol=1e-3)
    np.testing.assert_allclose(hand.world, known.points - known.points.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(hand.rotations, known.rotations, atol=1e-12)
    assert hand.score == pytest.approx(0.9)
    assert np.isnan(hand.depth).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_rotations_pose_the_model_into_the_landmarks(side: str):
    ((hand,),) = crop_detections(stacked([known_hand(7, side).row(0)]), 1, PICTURE_PX)
    posed = neutral_hand().forward(hand.rotations[None], np.zeros((1, 3)), np.zeros(10), side)
    expected = posed.keypoints[0] - posed.keypoints[0].mean(axis=0)
    np.testing.assert_allclose(hand.world, expected, atol=1e-6)


def test_labels_are_those_of_a_mirrored_picture_as_mediapipes():
    rows = stacked([known_hand(0, "left").row(0), known_hand(1, "right").row(0)])
    (hands,) = crop_detections(rows, 1, PICTURE_PX)
    assert [hand.label for hand in hands] == ["Right", "Left"]


def test_hands_lie_in_their_frames_and_broken_ones_are_left_out():
    broken = known_hand(2, "left").row(2)
    broken["keypoints"] = np.full((21, 3), np.nan)
    rows = stacked([known_hand(0, "left").row(2), known_hand(1, "right").row(0), broken])
    assert [len(hands) for hands in crop_detections(rows, 4, PICTURE_PX)] == [1, 0, 1, 0]


def test_no_hands_give_empty_frames():
    rows = {name: np.zeros((0, *shape)) for name, shape in ROW_SHAPES.items()}
    check_rows(rows, 2)
    assert crop_detections(rows, 2, PICTURE_PX) == [[], []]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"betas": np.zeros((1, 11))}, "betas has the shape"),
        ({"score": np.zeros(2)}, "score has the shape"),
        ({"frame": np.array([3])}, "a frame that does not exist"),
        ({"frame": np.array([-1])}, "a frame that does not exist"),
        ({"frame": np.zeros((1, 1))}, "frame has the shape"),
    ],
)
def test_rows_of_the_wrong_form_are_refused(changed: dict[str, np.ndarray], told: str):
    rows = stacked([known_hand(0, "left").row(0)])
    check_rows(rows, 1)
    with pytest.raises(ValueError, match=told):
        check_rows(rows | changed, 3)
    with pytest.raises(ValueError, match="no betas"):
        check_rows({name: rows[name] for name in rows if name != "betas"}, 1)
