import numpy as np
import pytest

from annotators.hands.place import place
from tests.annotators.hands.fit.scenes import CAMERA, random_pose


def test_the_place_of_a_posed_hand_is_found_from_its_picture():
    _, posed = random_pose("right", 50, seed=0)
    shifted = posed.keypoints - [0.2, -0.1, 0.4]
    found = place(shifted, CAMERA.project(posed.keypoints), CAMERA)
    assert found == pytest.approx(np.tile([0.2, -0.1, 0.4], (50, 1)), abs=1e-6)


def test_two_wrong_landmarks_hardly_move_the_hand():
    _, posed = random_pose("right", 50, seed=1)
    image_px = CAMERA.project(posed.keypoints)
    image_px[:, [8, 12]] += 60.0
    found = place(posed.keypoints, image_px, CAMERA)
    assert np.median(np.linalg.norm(found, axis=-1)) < 0.02


def test_landmarks_of_no_weight_say_nothing():
    _, posed = random_pose("right", 5, seed=2)
    image_px, weight = CAMERA.project(posed.keypoints), np.ones((5, 21))
    image_px[:, 4] += 500.0
    weight[:, 4] = 0.0
    assert place(posed.keypoints, image_px, CAMERA, weight) == pytest.approx(np.zeros((5, 3)), abs=1e-6)
