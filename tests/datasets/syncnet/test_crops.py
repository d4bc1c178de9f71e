"""The face's square, on pictures where every pixel says where it is."""

import numpy as np
import pytest

from datasets.syncnet.crops import face_crops

BOX = np.array([100.0, 100.0, 180.0, 200.0])  # 100 high: half is 50, the middle (140, 150)


def places(frames: int = 1) -> np.ndarray:
    """Red is the column, green the row (of 256 x 256), blue 7."""
    picture = np.full((256, 256, 3), 7, np.uint8)
    picture[..., 0], picture[..., 1] = np.arange(256), np.arange(256)[:, None]
    return np.tile(picture, (frames, 1, 1, 1))


def test_the_square_reaches_40_percent_to_either_side_and_80_below():
    crop = face_crops(places(), BOX[None])[0].astype(int)
    assert crop.shape == (224, 224, 3)
    red, green = crop[..., 2], crop[..., 1]
    assert red[:, 0] == pytest.approx(70, abs=1)
    assert red[:, -1] == pytest.approx(209, abs=1)
    assert green[0] == pytest.approx(100, abs=1)
    assert green[-1] == pytest.approx(239, abs=1)


def test_blue_comes_first():
    assert (face_crops(places(), BOX[None])[0][:100, :, 0] == 7).all()


def test_it_is_grey_beside_the_picture():
    crop = face_crops(places(), BOX[None] - [100, 0, 100, 0])[0]
    assert (crop[:, :40] == 110).all()


def test_one_wrong_box_moves_nothing():
    boxes = np.tile(BOX, (20, 1))
    boxes[9] += 60
    crops = face_crops(places(20), boxes)
    assert (crops == crops[0]).all()


def test_frames_without_a_face_take_the_box_of_those_around():
    boxes = np.tile(BOX, (20, 1))
    boxes[5:9] = np.nan
    crops = face_crops(places(20), boxes)
    assert (crops == crops[0]).all()


def test_without_any_face_there_is_nothing_to_cut():
    with pytest.raises(ValueError, match="no frame has a face"):
        face_crops(places(2), np.full((2, 4), np.nan))
