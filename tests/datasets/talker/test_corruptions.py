from dataclasses import replace

import numpy as np
import pytest

from datasets.talker.clips import TalkerClip, talker_clip
from datasets.talker.corruptions import (
    KINDS,
    Combined,
    Darkness,
    Episode,
    HandOverHand,
    LowResolution,
    MotionBlur,
    Occluder,
    Recompression,
    draw_corruption,
    draw_episodes,
)

LEFT_EPISODE = Episode(10, 20, 0, 0.8, 0.0)
PICTURE_KINDS = [MotionBlur, Occluder, LowResolution, Recompression, Darkness]


@pytest.fixture(scope="module")
def plain() -> TalkerClip:
    return talker_clip(3, crf=10, width_px=192, height_px=264)


def detail(frames: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(T,) mean step between neighbouring pixels in the box of (T, 21, 2) points."""
    values = []
    for frame, corner, end in zip(frames, points.min(axis=1), points.max(axis=1), strict=True):
        (left, top), (right, bottom) = corner.astype(int), end.astype(int)
        patch = frame[top:bottom, left:right].astype(float)
        values.append(np.abs(np.diff(patch, axis=0)).mean() + np.abs(np.diff(patch, axis=1)).mean())
    return np.array(values)


@pytest.mark.parametrize("kind", PICTURE_KINDS)
def test_pictures_change_in_the_episode_and_only_there(plain, kind):
    before = plain.frames.copy()
    spoilt = kind((LEFT_EPISODE,)).spoil(plain.frames, plain.truth)
    changed = (spoilt != plain.frames).any(axis=(1, 2, 3))
    assert np.flatnonzero(changed).tolist() == list(range(10, 20))
    assert spoilt.dtype == np.uint8
    assert np.array_equal(plain.frames, before)


@pytest.mark.parametrize("kind", [MotionBlur, LowResolution])
def test_blur_and_low_resolution_take_detail_off_the_hand(plain, kind):
    spoilt = kind((LEFT_EPISODE,)).spoil(plain.frames, plain.truth)
    left = plain.truth.keypoints_2d[:, 0]
    assert (detail(spoilt, left)[10:20] < 0.7 * detail(plain.frames, left)[10:20]).all()


@pytest.mark.parametrize("kind", [MotionBlur, Occluder])
def test_what_strikes_one_hand_leaves_the_other_as_it_was(plain, kind):
    spoilt = kind((LEFT_EPISODE,)).spoil(plain.frames, plain.truth)
    right = plain.truth.keypoints_2d[:, 1]
    assert np.array_equal(detail(spoilt, right), detail(plain.frames, right))


def test_blur_smears_along_the_motion_and_not_across_it(plain):
    moving = replace(plain.truth, keypoints_2d=plain.truth.keypoints_2d.copy())
    moving.keypoints_2d[:, 0] = plain.truth.keypoints_2d[:1, 0] + np.arange(50)[:, None, None] * [2.0, 0.0]
    stripes = np.zeros_like(plain.frames)
    stripes[:, :, ::4] = 200  # upright: only sideways smearing mixes them
    lying = np.zeros_like(plain.frames)
    lying[:, ::4] = 200
    blur = MotionBlur((LEFT_EPISODE,))
    middle = moving.keypoints_2d[15, 0].mean(axis=0).astype(int)
    patch = (15, slice(middle[1] - 3, middle[1] + 3), slice(middle[0] - 3, middle[0] + 3))
    assert np.ptp(blur.spoil(stripes, moving)[patch]) < 60
    assert np.ptp(blur.spoil(lying, moving)[patch]) > 150


def test_darkness_takes_light(plain):
    spoilt = Darkness((LEFT_EPISODE,)).spoil(plain.frames, plain.truth)
    assert spoilt[15].mean() < 0.35 * plain.frames[15].mean()


def test_hand_over_hand_brings_the_hands_together():
    crossing = HandOverHand((Episode(15, 40, 0, 0.9, 0.0),))
    apart, met = (talker_clip(3, corruption=c, width_px=96, height_px=132).truth for c in (None, crossing))
    gaps = [np.linalg.norm(t.wrist[:, 0] - t.wrist[:, 1], axis=1) for t in (apart, met)]
    assert gaps[1][27] < 0.12 < 0.2 < gaps[0][27]
    assert met.wrist[27, 0, 2] < met.wrist[27, 1, 2]  # the episode's side in front
    assert np.array_equal(gaps[0][:15], gaps[1][:15])


@pytest.mark.parametrize("kind", [*KINDS, "combined"])
def test_every_kind_strikes_some_frames_and_spares_others_and_follows_its_seed(kind):
    touched = [draw_corruption(kind, 300, seed).touched(300) for seed in (1, 1, 2)]
    assert touched[0].any()
    assert not touched[0].all()
    assert np.array_equal(touched[0], touched[1])
    assert not np.array_equal(touched[0], touched[2])


def test_episodes_last_5_to_25_frames_and_lie_in_the_clip():
    random = np.random.default_rng(0)
    episodes = [episode for _ in range(200) for episode in draw_episodes(40, random)]
    lengths = [episode.end_frame - episode.start_frame for episode in episodes]
    assert (min(lengths), max(lengths)) == (5, 25)
    assert min(episode.start_frame for episode in episodes) == 0
    assert max(episode.end_frame for episode in episodes) == 40
    assert {episode.side for episode in episodes} == {0, 1}


def test_a_clip_shorter_than_an_episode_is_spoilt_whole():
    episodes = draw_episodes(3, np.random.default_rng(0))
    assert all((episode.start_frame, episode.end_frame) == (0, 3) for episode in episodes)


def test_combined_corruptions_do_what_each_does(plain):
    dark, shrunk = Darkness((LEFT_EPISODE,)), LowResolution((Episode(30, 40, 1, 0.5, 0.0),))
    both = Combined((dark, shrunk)).spoil(plain.frames, plain.truth)
    assert np.array_equal(both[10:20], dark.spoil(plain.frames, plain.truth)[10:20])
    assert np.array_equal(both[30:40], shrunk.spoil(plain.frames, plain.truth)[30:40])
    assert Combined((dark, shrunk)).touched(50).all(axis=1).sum() == 20
