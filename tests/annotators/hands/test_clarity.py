import cv2
import numpy as np
import pytest

from annotators.hands.clarity import face_sharpness, relative_clarity, sharpness

POINTS = np.random.default_rng(0).uniform(0.3, 0.6, (21, 2))
SHARP = np.random.default_rng(1).integers(0, 255, (704, 512, 3), dtype=np.uint8)


def blurred(sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(SHARP, (0, 0), sigma)


def test_blur_lowers_sharpness():
    values = [sharpness(blurred(sigma), POINTS) for sigma in (1, 3, 9)]
    assert values[0] > values[1] > values[2] > 0


def test_pixels_outside_the_hand_do_not_count():
    beside = SHARP.copy()
    beside[150:480, 100:360] = 128
    assert sharpness(beside, POINTS) == 0


def test_a_hand_outside_the_picture_has_none():
    assert sharpness(SHARP, POINTS + 2) == 0


def test_a_hand_as_sharp_as_the_face_has_the_same_clarity_in_any_picture():
    assert relative_clarity(800, 800) == relative_clarity(50, 50) == pytest.approx(1 / 1.35)


def test_without_a_face_the_scale_is_absolute():
    assert relative_clarity(150, None) == 0.5
    assert relative_clarity(50, None) < 0.5


def test_nothing_sharp_has_no_clarity_even_beside_a_flat_face():
    assert relative_clarity(0.0, 0.0) == 0


def test_the_faces_sharpness_is_the_median_of_the_frames_that_show_one():
    frames = np.stack([blurred(1), blurred(3), blurred(9), SHARP])
    body = np.full((4, 33, 3), np.nan)
    body[:3, :11, :2] = POINTS[:11]
    body[:3, 11:] = 5.0  # the rest of the body is not the face
    assert face_sharpness(frames, body) == sharpness(frames[1], POINTS[:11])


@pytest.mark.parametrize("body", [None, np.full((1, 33, 3), np.nan), np.full((1, 33, 3), 3.0)])
def test_a_clip_without_a_face_in_the_picture_has_no_sharpness_of_one(body: np.ndarray | None):
    assert face_sharpness(SHARP[None], body) is None
