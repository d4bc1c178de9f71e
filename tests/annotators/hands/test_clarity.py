import cv2
import numpy as np

from annotators.hands.clarity import clarity

POINTS = np.random.default_rng(0).uniform(0.3, 0.6, (21, 2))
SHARP = np.random.default_rng(1).integers(0, 255, (704, 512, 3), dtype=np.uint8)


def test_blur_lowers_clarity():
    scores = [clarity(cv2.GaussianBlur(SHARP, (0, 0), sigma), POINTS) for sigma in (1, 3, 9)]
    assert 1 > scores[0] > scores[1] > scores[2] > 0


def test_pixels_outside_the_hand_do_not_count():
    beside = SHARP.copy()
    beside[150:480, 100:360] = 128
    assert clarity(beside, POINTS) == 0


def test_a_hand_outside_the_picture_has_none():
    assert clarity(SHARP, POINTS + 2) == 0
