import numpy as np

from datasets.hand.camera import Camera, clip_camera
from datasets.hand.layout import split_mano
from datasets.schema import MANO_WIDTH


def test_a_row_is_left_quaternions_left_translation_and_the_same_of_the_right():
    quaternions, translation = split_mano(np.arange(2 * MANO_WIDTH).reshape(2, MANO_WIDTH))
    assert quaternions.shape == (2, 2, 16, 4)
    assert quaternions[0, 0, 1].tolist() == [4, 5, 6, 7]
    assert translation[0, 0].tolist() == [64, 65, 66]
    assert quaternions[0, 1, 0].tolist() == [67, 68, 69, 70]
    assert translation[1, 1].tolist() == [134 + 131, 134 + 132, 134 + 133]


def test_a_clips_camera_looks_at_its_middle():
    assert clip_camera(800.0) == Camera(800.0, 256.0, 352.0)
    assert clip_camera().focal_px == 900.0
