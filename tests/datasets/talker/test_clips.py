import numpy as np
import pytest

from datasets.errors import UserError
from datasets.talker.clips import hand_size_px, talker_clip
from datasets.talker.corruptions import Episode, LeavingFrame

SMALL = {"width_px": 128, "height_px": 176}


def test_a_clip_has_25_pictures_a_second_and_the_truth_of_each():
    clip = talker_clip(1, **SMALL)
    assert clip.frames.shape == (50, 176, 128, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.truth.n_frames == 50
    assert not clip.touched.any()


def test_skin_is_where_the_truth_has_the_hands():
    clip = talker_clip(3, **SMALL)
    inside = clip.truth.visible.all(axis=2)
    for frame, side in np.argwhere(inside)[::5]:
        knuckles = clip.truth.keypoints_2d[frame, side, [0, 5, 9, 13, 17]].mean(axis=0).astype(int)
        red, _, blue = clip.frames[frame, knuckles[1], knuckles[0]].astype(int)
        assert red > blue + 20


@pytest.mark.parametrize("hand_px", [20, 45])
def test_hands_are_as_large_as_asked(hand_px):
    clip = talker_clip(4, hand_px=hand_px, **SMALL)
    assert hand_size_px(clip.truth) == pytest.approx(hand_px, rel=0.05)


def test_another_focal_length_leaves_the_person_as_large():
    near, far = (talker_clip(5, focal_px=focal_px, **SMALL).truth for focal_px in (200, 400))
    assert near.focal_px[0] == 200
    assert far.focal_px[0] == 400
    shoulders = [np.ptp(truth.body_2d[:, 1:3, 0], axis=1).mean() for truth in (near, far)]
    assert shoulders[0] == pytest.approx(shoulders[1], rel=0.05)
    assert far.wrist[..., 2].mean() > 1.5 * near.wrist[..., 2].mean()


def test_a_higher_crf_loses_more():
    fine, coarse = (talker_clip(6, crf=crf, **SMALL).frames.astype(float) for crf in (10, 40))
    best = talker_clip(6, crf=0, **SMALL).frames
    assert 2 * np.abs(fine - best).mean() < np.abs(coarse - best).mean()


def test_the_same_seed_gives_the_same_clip_and_another_seed_another():
    first, again, other = (talker_clip(seed, **SMALL) for seed in (7, 7, 8))
    assert np.array_equal(first.frames, again.frames)
    assert not np.array_equal(first.frames, other.frames)


def test_a_corruption_reaches_pictures_and_truth():
    leaving = LeavingFrame((Episode(20, 45, 0, 1.0, 0.0),))
    plain, bent = talker_clip(9, **SMALL), talker_clip(9, corruption=leaving, **SMALL)
    assert bent.touched[20:45, 0].all()
    assert bent.touched.sum() == 25
    assert plain.truth.visible[32, 0].all()
    assert not bent.truth.visible[32, 0].any()
    assert np.array_equal(plain.truth.wrist[:, 1], bent.truth.wrist[:, 1])
    assert np.array_equal(plain.truth.wrist[:20], bent.truth.wrist[:20])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1, "seconds": 0.5}, "seconds is 0.5"),
        ({"seed": 1, "hand_px": 3.0}, "hand_px is 3"),
        ({"seed": 1, "crf": 99}, "crf is 99"),
    ],
)
def test_impossible_arguments_are_told_in_one_sentence(arguments, message):
    with pytest.raises(UserError, match=message):
        talker_clip(**arguments)
