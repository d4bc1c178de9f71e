import numpy as np
import pytest

from annotators.hands.columns import flat, pose_columns, track_columns
from annotators.hands.fit import ClipFit, FittedHand
from annotators.hands.tracks import HandTracks
from datasets.hand.layout import split_mano

FRAMES = 3
VALID = np.array([[1, 0], [2, 1], [0, 1]])


def fitted(value: float) -> FittedHand:
    """Every number of every field is `value`, the translation's ten times that."""
    shapes = [(16, 3, 3), (16, 3), (16, 4), (3,), (3,), (21, 3), (16,), (3,), (21,), (21,), (21,)]
    fields = [np.full((FRAMES, *shape), value) for shape in shapes]
    fields[3] *= 10
    return FittedHand(*fields)


def test_the_left_hands_numbers_stand_before_the_rights_and_the_mask_blanks_them():
    columns = pose_columns(ClipFit(np.arange(10.0), fitted(1.0), fitted(2.0)), VALID)
    quaternions, translation = split_mano(columns["hands_mano"])
    shown = VALID > 0
    for values, unit in ((quaternions, 1), (translation, 10)):
        for side in (0, 1):
            assert (values[shown[:, side], side] == unit * (side + 1)).all()
            assert np.isnan(values[~shown[:, side], side]).all()
    widths = {"hands_mano": 134, "hands_axis_angle": 96, "hands_wrist": 6, "hands_std": 38}
    assert {name: columns[name].shape[1] for name in widths} == widths
    assert columns["hands_betas"].tolist() == list(range(10))


def test_what_was_measured_stays_where_the_mask_has_no_hand():
    points = np.random.default_rng(0).uniform(size=(FRAMES, 2, 21, 6))
    score, other = np.full((FRAMES, 2), 0.9), np.zeros((FRAMES, 2))
    tracks = HandTracks(
        points[..., :2], points[..., 2], points[..., 3:], score, other, other, other, other, 7
    )
    columns = track_columns(tracks)
    assert columns["hands_keypoints"][1, :2] == pytest.approx(points[1, 0, 0, :2])
    assert columns["hands_keypoints"][1, 42:44] == pytest.approx(points[1, 1, 0, :2])
    assert columns["hands_world"].shape == (FRAMES, 126)
    assert columns["hands_others"] == 7


def test_a_clip_without_frames_keeps_its_width():
    assert flat(np.zeros((0, 2, 21, 3))).shape == (0, 126)
