"""Quantile buckets and the paper's encoding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.motion.buckets import Buckets, BucketsError, quantile_buckets
from datasets.motion.histogram import LogHistogram

E = np.e
BUCKETS = Buckets.between([0.0, 1.0, 3.0])


def spread(values: np.ndarray) -> LogHistogram:
    return LogHistogram().with_values(values, np.ones(len(values), int))


def test_a_centre_is_the_middle_of_its_edges_and_a_radius_half_their_distance():
    assert BUCKETS.centres == (0.5, 2.0)
    assert BUCKETS.radii == (0.5, 1.0)


def test_a_value_is_encoded_by_its_distance_to_each_centre_in_radii():
    code = BUCKETS.encode(np.array([E**2, E**0.5]))
    assert code.shape == (2, 2)
    assert code[0] == pytest.approx([np.tanh(3 * 1.5 / 0.5), 0.0])
    assert code[1] == pytest.approx([0.0, np.tanh(-3 * 1.5)])


def test_both_hands_are_encoded_at_once_and_an_unseen_one_is_all_zeros():
    code = BUCKETS.encode(np.array([[1.0, np.nan]]))
    assert code.shape == (1, 2, 2)
    assert code[0, 1].tolist() == [0.0, 0.0]
    assert code[0, 0, 0] == pytest.approx(-np.tanh(3))


def test_a_hand_that_does_not_move_has_a_finite_code():
    assert BUCKETS.encode(0.0) == pytest.approx([-1, -1])


@given(low=st.floats(-20, 8), step=st.floats(0.01, 2))
def test_more_motion_never_lowers_any_part_of_the_code(low, step):
    assert (BUCKETS.encode(np.exp(low + step)) >= BUCKETS.encode(np.exp(low))).all()


def test_a_value_lies_in_one_bucket_and_the_outer_ones_are_open():
    values = np.exp(np.array([-5.0, 0.5, 0.999, 1.001, 2.0, 9.0, np.nan]))
    assert BUCKETS.bucket_of(values).tolist() == [0, 0, 0, 1, 1, 1, -1]


def test_quantile_buckets_hold_equal_shares():
    values = np.exp(np.random.default_rng(0).normal(-6, 1.2, 20_000))
    buckets = quantile_buckets(spread(values), 8, "variance")
    shares = np.bincount(buckets.bucket_of(values), minlength=8) / len(values)
    assert shares == pytest.approx(np.full(8, 1 / 8), abs=0.005)
    assert len(buckets.centres) == 8


def test_one_wild_value_does_not_widen_the_last_bucket():
    values = np.exp(np.linspace(-8, -2, 1000))
    tame = quantile_buckets(spread(values), 8, "variance")
    wild = quantile_buckets(spread(np.append(values, 1e4)), 8, "variance")
    assert wild.radii[-1] == pytest.approx(tame.radii[-1], rel=0.05)


def test_values_that_are_all_alike_are_refused():
    with pytest.raises(BucketsError, match=r"variance cannot fill 8 different buckets, .* are 1e-12"):
        quantile_buckets(spread(np.zeros(100)), 8, "variance")


def test_half_of_the_windows_at_rest_are_refused():
    values = np.concatenate([np.full(50, 0.25), np.exp(np.linspace(0, 5, 50))])
    with pytest.raises(BucketsError, match=r"too many are 0\.25"):
        quantile_buckets(spread(values), 8, "variance")


def test_no_values_at_all_are_refused():
    with pytest.raises(BucketsError, match="no window has a speed"):
        quantile_buckets(LogHistogram(), 8, "speed")


def test_edges_that_do_not_rise_are_refused():
    with pytest.raises(ValueError, match="radius above 0"):
        Buckets.between([0.0, 1.0, 1.0])
