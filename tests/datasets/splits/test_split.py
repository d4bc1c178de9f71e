from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.splits.split import split_key, split_of


@pytest.mark.parametrize(("key", "split"), [("video:a", "train"), ("video:10", "val"), ("video:120", "test")])
def test_a_key_keeps_its_split_for_good(key, split):
    assert split_of(key) == split


def test_the_shares_come_out_near_the_fractions():
    counts = Counter(split_of(f"video:{number}") for number in range(20_000))
    assert counts["train"] == pytest.approx(18_000, abs=150)
    assert counts["val"] == pytest.approx(1_000, abs=150)
    assert counts["test"] == pytest.approx(1_000, abs=150)


def test_a_speaker_is_kept_together_and_is_not_a_namesake_of_another_data_set():
    assert split_key("a", "ann", "news") == split_key("b", "ann", "news")
    assert split_key("a", "ann", "news") != split_key("a", "ann", "talks")
    assert split_key("a", None) != split_key("b", "") == split_key("b", None, "news")


@given(st.text())
def test_a_fraction_of_one_takes_everything(key):
    assert split_of(key, (1, 0, 0)) == "train"
    assert split_of(key, (0, 1, 0)) == "val"
    assert split_of(key, (0, 0, 1)) == "test"


@given(st.text(), st.floats(0, 1))
def test_a_larger_training_share_takes_no_key_out_of_training(key, share):
    if split_of(key, (share / 2, 0, 1 - share / 2)) == "train":
        assert split_of(key, (share, 0, 1 - share)) == "train"


@pytest.mark.parametrize("fractions", [(0.9, 0.2, 0.1), (1.2, -0.1, -0.1), (0.5, 0.2, 0.2)])
def test_fractions_that_do_not_add_up_are_refused(fractions):
    with pytest.raises(ValueError, match="must add up to 1"):
        split_of("a", fractions)
