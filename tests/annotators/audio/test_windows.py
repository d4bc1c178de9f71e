"""Windows over long clips, and their joints."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.audio.windows import WindowParams, joined, window_starts

PARAMS = WindowParams()


def test_a_clip_of_15_seconds_goes_through_whole():
    asked = []
    joined(lambda start, end: asked.append((start, end)) or np.zeros((end - start, 1)), 375, PARAMS)
    assert asked == [(0, 375)]


@given(st.integers(376, 20_000))
def test_windows_of_one_length_cover_the_clip_and_overlap_enough(frames):
    starts = np.array(window_starts(frames, PARAMS))
    assert starts[0] == 0
    assert starts[-1] + PARAMS.length_frames == frames
    assert (np.diff(starts) > 0).all()
    assert (np.diff(starts) <= PARAMS.length_frames - PARAMS.overlap_frames).all()


@given(st.integers(376, 3000))
def test_what_all_windows_agree_on_comes_out_as_it_is(frames):
    whole = np.random.default_rng(frames).normal(size=(frames, 2)).astype(np.float32)
    assert joined(lambda start, end: whole[start:end], frames, PARAMS) == pytest.approx(whole, abs=1e-5)


@given(st.integers(376, 3000))
def test_where_windows_disagree_one_goes_over_into_the_next_without_a_step(frames):
    """Neighbours differ by 1 everywhere; over 50 frames of blending that is 0.02 a frame."""
    order = {start: number for number, start in enumerate(window_starts(frames, PARAMS))}
    values = joined(lambda start, end: np.full((end - start, 1), order[start], np.float32), frames, PARAMS)[
        :, 0
    ]
    assert np.abs(np.diff(values)).max() <= 2 / PARAMS.blended_frames


def test_nothing_is_taken_from_the_last_frames_before_a_joint():
    """Each window is wrong in its outermost frames, except at the clip's ends."""
    frames = 1000

    def values_of(start: int, end: int) -> np.ndarray:
        values = np.ones((end - start, 1), np.float32)
        if start > 0:
            values[: PARAMS.unused_frames] = 1e9
        if end < frames:
            values[-PARAMS.unused_frames :] = 1e9
        return values

    assert joined(values_of, frames, PARAMS) == pytest.approx(np.ones((frames, 1)))
