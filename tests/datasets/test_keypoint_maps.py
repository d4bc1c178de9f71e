import numpy as np
import pytest

from datasets.keypoint_maps import LIMBS, bone_colours, keypoint_maps
from datasets.skeleton import JOINTS

ARM = ((0, 1), (1, 2))
POINTS = np.array([[0.25, 0.25, 1.0], [0.75, 0.25, 1.0], [0.75, 0.75, 1.0]])
RED, CYAN = (255, 0, 0), (0, 255, 255)


def drawn(points: np.ndarray) -> np.ndarray:
    return keypoint_maps(points[None], ARM, height_px=400, width_px=400)[0]


def scored(*scores: float) -> np.ndarray:
    return np.concatenate([POINTS[:, :2], np.reshape(scores, (3, 1))], axis=1)


def test_a_bone_is_drawn_between_its_points_in_its_own_colour():
    picture = drawn(POINTS)
    assert tuple(picture[100, 200]) == RED
    assert tuple(picture[200, 300]) == CYAN
    assert tuple(picture[200, 200]) == (0, 0, 0)


def test_joints_are_white_and_lie_on_their_pixel():
    points = np.array([[40.5 / 400, 100.5 / 400, 1.0], *POINTS[1:]])  # the centre of row 100, column 40
    white = np.argwhere((drawn(points)[:, :60] > 200).all(axis=-1))
    np.testing.assert_allclose(white.mean(axis=0), (100, 40), atol=0.3)


def test_brightness_follows_the_lower_score():
    picture = drawn(scored(1.0, 0.6, 1.0))
    assert picture[100, 200, 0] == pytest.approx(0.6 * 255, abs=2)
    assert picture[100, 300].max() == pytest.approx(0.6 * 255, abs=2)
    assert picture[300, 300].min() == pytest.approx(255, abs=2)


@pytest.mark.parametrize(
    "missing", [(0.75, 0.25, 0.1), (np.nan, 0.25, 1.0), (0.75, 0.25, np.nan), (1e9, 0, 1)]
)
def test_a_point_of_low_score_or_unknown_takes_its_bones_with_it(missing):
    points = POINTS.copy()
    points[1] = missing
    picture = drawn(points)
    assert not picture[:, 120:280].any()
    assert picture[100, 100].any()
    assert picture[300, 300].any()


def test_points_outside_the_picture_are_cut_off():
    points = POINTS.copy()
    points[0, 0] = -0.5
    assert tuple(drawn(points)[100, 0]) == RED


def test_every_bone_has_another_colour():
    assert len(np.unique(bone_colours(17), axis=0)) == 17


def test_by_default_arms_and_legs_are_drawn_at_the_clips_size():
    random = np.random.default_rng(0)
    points = random.uniform(0.3, 0.7, (2, len(JOINTS), 3))
    assert keypoint_maps(points).shape == (2, 704, 512, 3)
    assert max(map(max, LIMBS)) < len(JOINTS)
    assert keypoint_maps(points[:0]).shape == (0, 704, 512, 3)
