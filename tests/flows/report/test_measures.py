import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.report.measures import hand_summary


def test_confidence_is_the_mean_over_measured_frames():
    summary = hand_summary(
        np.array([[0.8, 0.0], [0.6, 0.0], [0.1, 0.0], [np.nan, 0.0]]),
        np.array([[1, 0], [1, 0], [0, 0], [2, 0]]),
    )
    assert summary.confidence == (pytest.approx(0.7), None)
    assert summary.measured == (0.5, 0.0)
    assert summary.interpolated == (0.25, 0.0)


def test_masked_and_interpolated_hands_are_doubted_whole_and_unseen_ones_not_at_all():
    sure, valid = np.array([[0.9, 0.0], [0.9, 0.0], [0.4, 0.0]]), np.array([[1, 0], [1, 0], [1, 0]])
    assert hand_summary(sure, valid).doubt == pytest.approx(1 - 2.2 / 3)
    for state in (0, 2):
        changed = np.array([[1, 0], [1, 0], [state, 0]])
        assert hand_summary(sure, changed).doubt == pytest.approx(1 - 1.8 / 3)


def test_a_clip_without_hands_is_the_most_doubtful_and_one_without_labels_is_none():
    assert hand_summary(np.zeros((5, 2)), np.zeros((5, 2))).doubt == 1
    assert hand_summary(None, np.zeros((5, 2))) is None
    assert hand_summary(np.zeros((0, 2)), np.zeros((0, 2))) is None


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 2), st.integers(0, 2)), min_size=1)
)
def test_doubt_is_a_share(frames):
    columns = np.array(frames)
    assert 0 <= hand_summary(columns[:, :2], columns[:, 2:]).doubt <= 1 + 1e-12
