"""The square about the head."""

import numpy as np
import pytest

from annotators.face.crop import CropParams, head_path, head_square
from tests.annotators.face.talkers import HEAD_PX, body_at

SIZE_PX = (512, 704)


def path_of(heads_px: np.ndarray, body: np.ndarray | None = None):
    found = body_at(heads_px) if body is None else body
    return head_path(found.reshape(-1, 33, 3), SIZE_PX, len(heads_px), CropParams())


def standing(frames: int = 40) -> np.ndarray:
    return np.tile([250.0, 160.0], (frames, 1))


def test_the_square_is_two_heads_wide_about_the_head():
    path = path_of(standing())
    assert path.side_px == pytest.approx(2 * HEAD_PX, abs=2)
    assert path.corners[0] + path.side_px / 2 == pytest.approx([250, 160], abs=5)


def test_it_follows_one_who_walks_and_not_one_who_jitters():
    walking = standing(100)
    walking[:, 0] += np.arange(100)
    jittering = standing(100) + np.random.default_rng(0).normal(0, 4, (100, 2))
    assert np.ptp(path_of(walking).corners[:, 0]) > 80
    assert np.abs(np.diff(path_of(jittering).corners, axis=0)).max() <= 1


def test_it_waits_where_there_is_no_body():
    body = body_at(standing())
    body[10:20] = np.nan
    assert path_of(standing(), body).corners == pytest.approx(path_of(standing()).corners, abs=1)


def test_without_a_body_it_holds_the_whole_picture():
    for body in (None, np.full((5, 33, 3), np.nan)):
        path = head_path(body, SIZE_PX, 5, CropParams())
        square = head_square(np.full((704, 512, 3), 9, np.uint8), path, 4)
        assert square.shape == (704, 704, 3)
        assert (square == 9).any(axis=2).sum() == 704 * 512


def test_a_head_in_profile_is_as_large_as_its_face_is_high():
    body = body_at(standing()).reshape(-1, 33, 3)
    body[:, 7, :2] = body[:, 8, :2]  # both ears in one place
    assert path_of(standing(), body).side_px == pytest.approx(2 * HEAD_PX, rel=0.05)


def test_beside_the_picture_it_is_black():
    path = path_of(np.tile([10.0, 160.0], (3, 1)))
    square = head_square(np.full((704, 512, 3), 9, np.uint8), path, 0)
    assert square.shape == (path.side_px, path.side_px, 3)
    assert (square[:, :60] == 0).all()
    assert (square[:, 90:] == 9).all()
