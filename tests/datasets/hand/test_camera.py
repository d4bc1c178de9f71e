import numpy as np

from datasets.hand.camera import Camera


def test_a_point_to_the_right_and_below_lies_right_of_and_below_the_centre():
    camera = Camera(focal_px=900, centre_x_px=256, centre_y_px=352)
    np.testing.assert_allclose(camera.project(np.array([0.1, 0.2, 2.0])), [256 + 45, 352 + 90])


def test_a_point_behind_the_camera_has_no_picture():
    camera = Camera(900, 256, 352)
    assert np.isnan(camera.project(np.array([[0.1, 0.2, -1.0], [0.1, 0.2, 0.0]]))).all()
