"""Quantiles in fixed memory against those of the values themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.motion.histogram import LogHistogram, log_of

VALUES = st.lists(st.tuples(st.floats(1e-9, 1e3), st.integers(1, 300)), min_size=1, max_size=30)


def test_quantiles_of_an_even_spread_lie_evenly():
    values = np.exp(np.linspace(-4, 4, 80_001))
    histogram = LogHistogram().with_values(values, np.ones(len(values), int))
    assert histogram.quantiles(np.array([0.0, 0.25, 0.5, 1.0])) == pytest.approx([-4, -2, 0, 4], abs=2e-3)


def test_a_heavy_value_counts_as_often_as_it_weighs():
    histogram = LogHistogram().with_values(np.array([1.0, 10.0]), np.array([3, 1]))
    assert np.exp(histogram.quantiles(np.array([0.5, 0.74, 0.76]))) == pytest.approx([1, 1, 10], rel=2e-3)


@given(values=VALUES, cut=st.integers(0, 30))
def test_order_and_batches_do_not_matter(values, cut):
    numbers, weights = (np.array(part) for part in zip(*values, strict=True))
    whole = LogHistogram().with_values(numbers, weights)
    parts = LogHistogram().with_values(numbers[cut:], weights[cut:]).with_values(numbers[:cut], weights[:cut])
    assert np.array_equal(whole.weights, parts.weights)


@given(values=VALUES, share=st.floats(0.01, 0.99))
def test_a_quantile_is_one_of_the_values_to_a_thousandth(values, share):
    numbers, weights = (np.array(part) for part in zip(*values, strict=True))
    quantile = LogHistogram().with_values(numbers, weights).quantiles(np.array([share]))[0]
    assert np.abs(np.log(numbers) - quantile).min() <= 2e-3
    below = weights[np.log(numbers) < quantile - 2e-3].sum()
    upto = weights[np.log(numbers) <= quantile + 2e-3].sum()
    assert below <= share * weights.sum() + 1e-9
    assert upto >= share * weights.sum() - 1e-9


def test_adding_leaves_the_histogram_as_it_was():
    empty = LogHistogram()
    empty.with_values(np.array([1.0]), np.array([1]))
    assert empty.total == 0
    with pytest.raises(ValueError, match="empty"):
        empty.quantiles(np.array([0.5]))


def test_stillness_and_absurd_values_count_at_the_ends():
    histogram = LogHistogram().with_values(np.array([0.0, 1e30]), np.array([1, 1]))
    assert histogram.total == 2
    assert log_of(np.array([0.0]))[0] == pytest.approx(np.log(1e-12))
    assert np.isnan(log_of(np.array([np.nan]))[0])
