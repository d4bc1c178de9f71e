"""Windows from sums against the same windows computed from their own frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.motion.windows import (
    SUMS_WIDTH,
    motion_sums,
    window_count,
    window_speed,
    window_variance,
    windows_of,
)

FRAMES = 9
STARTS, ENDS = np.array([(s, e) for s in range(FRAMES) for e in range(s + 1, FRAMES + 1)]).T


def moving_along_x(xs: list[float], counted: list[bool] | None = None) -> np.ndarray:
    """The sums of a clip whose left hand is at these x in metres; the right one is never counted."""
    places = np.zeros((len(xs), 2, 3))
    places[:, 0, 0] = xs
    flags = np.zeros((len(xs), 2), bool)
    flags[:, 0] = True if counted is None else counted
    return motion_sums(places, flags)


def test_the_sums_of_a_frame_include_it():
    sums = moving_along_x([1.0, 3.0, 5.0])
    assert sums.shape == (3, SUMS_WIDTH)
    assert sums[:, :7].tolist() == [
        [1, -2, 0, 0, 4, 0, 0],
        [2, -2, 0, 0, 4, 1, 2],
        [3, 0, 0, 0, 8, 2, 4],
    ]
    assert (sums[:, 7:] == 0).all()


def test_a_window_has_the_variance_and_speed_of_its_own_frames():
    sums = moving_along_x([0.0, 1.0, 1.0, 4.0, 4.0])
    assert window_variance(sums, 2, 4)[0] == pytest.approx(2.25)
    assert window_speed(sums, 2, 4, rate_hz=1)[0] == pytest.approx(3.0)
    assert window_speed(sums, 0, 5)[0] == pytest.approx(25 * 1.0)


def test_windows_come_in_the_shape_of_their_frames():
    sums = moving_along_x([0.0, 1.0, 3.0, 3.0])
    assert window_variance(sums, np.array([[0, 1], [2, 0]]), np.array([[2, 3], [4, 4]])).shape == (2, 2, 2)
    assert window_speed(sums, np.array([0, 1]), np.array([2, 3]), rate_hz=1)[:, 0].tolist() == [1.0, 2.0]
    assert window_count(sums, 0, np.array([1, 4])).tolist() == [[1, 0], [4, 0]]


def test_too_few_counted_frames_are_nan_and_not_zero():
    sums = moving_along_x([0.0, 7.0, 1.0], [True, False, True])
    assert np.isnan(window_variance(sums, 0, 2)).all()
    assert np.isnan(window_speed(sums, 0, 3)).all()
    assert window_variance(sums, 0, 3)[0] == pytest.approx(0.25)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (0, 4), (2, 2), (3, 1)])
def test_a_window_outside_the_clip_is_refused(start, end):
    with pytest.raises(ValueError, match=rf"{start}\.\.{end} does not lie in a clip of 3 frames"):
        window_variance(moving_along_x([0.0, 1.0, 2.0]), start, end)


def test_a_still_hand_a_long_way_off_has_no_variance():
    sums = moving_along_x([1000.0] * 300)
    assert window_variance(sums, 100, 200)[0] < 1e-12


@given(
    places=arrays(float, (FRAMES, 2, 3), elements=st.floats(-1, 1)),
    counted=arrays(bool, (FRAMES, 2)),
    shift=arrays(float, 3, elements=st.floats(-5, 5)),
)
def test_every_window_equals_its_direct_computation(places, counted, shift):
    sums = motion_sums(np.where(counted[..., None], places + shift, np.nan), counted)
    variance, speed = window_variance(sums, STARTS, ENDS), window_speed(sums, STARTS, ENDS)
    for index, (start, end) in enumerate(zip(STARTS, ENDS, strict=True)):
        for side in (0, 1):
            hand, flags = places[start:end, side], counted[start:end, side]
            assert variance[index, side] == pytest.approx(
                direct_variance(hand, flags), abs=1e-12, nan_ok=True
            )
            assert speed[index, side] == pytest.approx(direct_speed(hand, flags), abs=1e-9, nan_ok=True)


def direct_variance(hand: np.ndarray, counted: np.ndarray) -> float:
    return float(hand[counted].var(axis=0).sum()) if counted.sum() >= 2 else float("nan")


def direct_speed(hand: np.ndarray, counted: np.ndarray) -> float:
    steps = [
        np.linalg.norm(hand[i] - hand[i - 1]) for i in range(1, len(hand)) if counted[i] and counted[i - 1]
    ]
    return float(25 * np.mean(steps)) if steps else float("nan")


@pytest.mark.parametrize(
    ("n_frames", "length", "stride", "expected"),
    [
        (10, 4, 3, [(0, 4), (3, 7), (6, 10)]),
        (9, 4, 3, [(0, 4), (3, 7), (5, 9)]),
        (4, 4, 1, [(0, 4)]),
        (3, 4, 1, [(0, 3)]),
        (0, 4, 1, []),
    ],
)
def test_windows_cover_a_clip_to_its_end(n_frames, length, stride, expected):
    starts, ends = windows_of(n_frames, length, stride)
    assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == expected
