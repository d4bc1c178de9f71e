from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.scenes import SceneCutter, SceneParams, Shot, split_shots
from datasets.reasons import Reason

HEIGHT_PX, WIDTH_PX = 72, 128


def room(seed, length, noise=2.0):
    """A still textured wall with a ball that sways before it, and camera noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(30, 220, (5, 8, 3)).astype(np.float32)
    wall = cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    frames = []
    for i in range(length):
        frame = wall + rng.normal(0, noise, wall.shape).astype(np.float32)
        cv2.circle(frame, (64 + int(8 * np.sin(0.3 * i)), 40), 12, (40.0, 90.0, 200.0), -1)
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    return frames


def blank(level, length):
    return [np.full((HEIGHT_PX, WIDTH_PX, 3), level, np.uint8)] * length


def faded(frames, level, *, rising):
    """The frames mixed with a grey level: to it, or from it."""
    parts = np.linspace(1, 0, len(frames)) if rising else np.linspace(0, 1, len(frames))
    grey = blank(level, 1)[0]
    return [
        cv2.addWeighted(frame, 1 - part, grey, part, 0) for frame, part in zip(frames, parts, strict=True)
    ]


def shots_of(frames, times_s=None, params=None):
    cutter = SceneCutter(params)
    times_s = times_s if times_s is not None else [i / 25 for i in range(len(frames))]
    for time_s, frame in zip(times_s, frames, strict=True):
        cutter.add(time_s, frame)
    return cutter.finish(times_s[-1] + 0.04 if len(times_s) else 0.0)


def starts_of(frames, **options):
    return [shot.start_frame for shot in shots_of(frames, **options)]


@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.integers(8, 60), min_size=1, max_size=5), seed=st.integers(0, 10**6))
def test_every_hard_cut_is_found_on_its_frame(lengths, seed):
    frames = [frame for i, length in enumerate(lengths) for frame in room(seed + i, length)]
    assert starts_of(frames) == [0, *np.cumsum(lengths)[:-1]]


def test_shots_cover_the_video_and_say_how_they_open():
    shots = shots_of(room(1, 60) + room(2, 40))
    assert shots == [Shot(0, 60, 0.0, 2.4, "start"), Shot(60, 100, 2.4, pytest.approx(4.0), "cut")]


@pytest.mark.parametrize("level", [0, 255])
def test_a_fade_through_a_blank_picture_is_one_transition_in_its_middle(level):
    leaving, coming = room(1, 60), room(2, 60)
    frames = leaving[:50] + faded(leaving[50:], level, rising=False)
    frames += blank(level, 9) + faded(coming[:10], level, rising=True) + coming[10:]
    shots = shots_of(frames)
    assert [shot.opens_with for shot in shots] == ["start", "fade"]
    assert shots[1].start_frame == pytest.approx(60 + 4, abs=1)


def test_a_cross_dissolve_is_one_transition_within_the_mixed_frames():
    leaving, coming = room(1, 80), room(2, 80)
    mixed = [cv2.addWeighted(leaving[60 + i], 1 - i / 20, coming[i], i / 20, 0) for i in range(20)]
    shots = shots_of(leaving[:60] + mixed + coming[20:])
    assert [shot.opens_with for shot in shots] == ["start", "fade"]
    assert 65 <= shots[1].start_frame <= 75


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("brightening", [120, 255])
def test_a_photo_flash_is_no_cut(length, brightening):
    frames = room(1, 80)
    frames[40 : 40 + length] = [cv2.add(frame, (brightening,) * 3) for frame in frames[40 : 40 + length]]
    assert starts_of(frames) == [0]


def test_a_few_black_frames_within_a_shot_are_no_cut():
    frames = room(1, 80)
    frames[40:43] = blank(0, 3)
    assert starts_of(frames) == [0]


def test_a_caption_that_comes_and_goes_is_no_cut():
    frames = room(1, 90)
    for frame in frames[30:60]:
        frame[58:70, 8:120] = 20
    assert starts_of(frames) == [0]


def test_a_hand_that_sweeps_past_the_camera_is_no_cut():
    frames = room(1, 80)
    for i in range(27):
        cv2.circle(frames[30 + i], (170 - 8 * i, 40), 45, (110, 140, 200), -1)
    assert starts_of(frames) == [0]


def test_a_dark_shot_is_no_fade():
    dark = [(frame * 0.06).astype(np.uint8) for frame in room(1, 60)]
    for frame in dark:
        cv2.circle(frame, (20, 20), 5, (90, 120, 140), -1)  # a lamp
    bright = room(2, 60)
    assert dark[0].mean() < SceneParams().floor
    assert [shot.opens_with for shot in shots_of(bright + dark + bright)] == ["start", "cut", "cut"]


def test_a_black_beginning_and_a_black_end_are_shots_apart():
    frames = blank(0, 20) + room(1, 60) + blank(0, 30)
    assert starts_of(frames) == [0, 20, 80]


def test_a_long_blank_stretch_is_a_shot_apart():
    assert starts_of(room(1, 60) + blank(0, 60) + room(2, 60)) == [0, 60, 120]


def test_no_frame_gives_no_shot():
    assert SceneCutter().finish(0.0) == []


def test_one_frame_is_one_shot():
    assert shots_of(room(1, 1)) == [Shot(0, 1, 0.0, 0.04, "start")]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_video_is_one_shot(level):
    assert shots_of(blank(level, 100)) == [Shot(0, 100, 0.0, pytest.approx(4.0), "start")]


def test_times_are_those_of_the_frames_whatever_their_rate():
    frames = room(1, 40) + room(2, 40)
    times_s = np.cumsum(np.random.default_rng(0).choice([0.02, 0.04, 0.4], 80))
    shots = shots_of(frames, times_s=times_s)
    assert [shot.start_s for shot in shots] == [times_s[0], times_s[40]]
    assert shots[0].end_s == times_s[40]


def test_a_picture_that_changes_size_is_taken():
    frames = room(1, 40) + [cv2.resize(frame, (100, 90)) for frame in room(2, 40)]
    assert starts_of(frames) == [0, 40]


def test_memory_does_not_hold_the_frames():
    cutter, frames = SceneCutter(), room(1, 50)
    for i in range(500):
        cutter.add(i / 25, frames[i % 50])
    assert len(cutter._window._looks) == 25
    assert len(cutter._proposed) <= 13


def test_other_parameters_are_told():
    assert SceneCutter(SceneParams(min_jump=9)).params["min_jump"] == 9
    assert SceneCutter(SceneParams(min_jump=9)).params != SceneCutter().params


def shot_of(n_frames, *, start_s=0.0, rate_hz=25.0):
    return Shot(0, n_frames, start_s, start_s + n_frames / rate_hz, "start")


@pytest.mark.parametrize(
    ("n_frames", "parts"),
    [(50, [50]), (300, [300]), (301, [150, 151]), (600, [300, 300]), (601, [200, 200, 201])],
)
def test_long_shots_become_the_fewest_equal_parts(n_frames, parts):
    assert [span.n_frames for span in split_shots([shot_of(n_frames)])] == parts


def test_a_shot_under_two_seconds_is_too_short_and_stays_whole():
    (span,) = split_shots([shot_of(49)])
    assert (span.n_frames, span.reason) == (49, Reason.TOO_SHORT)
    assert split_shots([shot_of(50)])[0].reason is None


def test_frames_of_the_source_are_counted_at_its_own_rate():
    spans = split_shots([shot_of(800, rate_hz=50.0)], times_s=[i / 50 for i in range(800)])
    assert [(span.start_frame, span.end_frame, span.n_frames) for span in spans] == [
        (0, 400, 200),
        (400, 800, 200),
    ]


intervals = st.lists(st.sampled_from([1 / 60, 1 / 30, 0.04, 0.1, 3.0]), min_size=1, max_size=1200)


@settings(max_examples=60, deadline=None)
@given(intervals=intervals, first_s=st.floats(0, 5000), cut=st.floats(0, 1), timed=st.booleans())
def test_spans_cover_their_shots_without_gap_or_overlap(intervals, first_s, cut, timed):
    times_s = np.cumsum([first_s, *intervals]).tolist()
    end_s, n_frames = times_s.pop(), len(intervals)
    middle = int(cut * n_frames)
    shots = [Shot(middle, n_frames, times_s[middle], end_s, "cut")] if middle < n_frames else []
    if middle:
        shots.insert(0, Shot(0, middle, times_s[0], times_s[middle] if middle < n_frames else end_s, "start"))
    spans = split_shots(shots, times_s if timed else None)
    assert (spans[0].start_frame, spans[0].start_s) == (0, times_s[0])
    assert (spans[-1].end_frame, spans[-1].end_s) == (n_frames, end_s)
    for left, right in pairwise(spans):
        assert (left.end_frame, left.end_s) == (right.start_frame, right.start_s)
    for span in spans:
        samples = [i for i in range(310) if span.start_s + i / 25 < span.end_s - 1e-6]
        assert span.n_frames == len(samples) <= 300
        assert (span.reason is Reason.TOO_SHORT) == (span.n_frames < 50)
        if timed and span.end_frame > span.start_frame:
            assert times_s[span.start_frame] >= span.start_s - 2e-6
            assert times_s[span.end_frame - 1] < span.end_s
