import numpy as np

from annotators.hands.fit.spans import running_median, solved_spans


def observed(left: str, right: str) -> np.ndarray:
    """(T, 2): x where a hand was seen."""
    return np.array([[mark == "x" for mark in hand] for hand in (left, right)]).T


def test_short_gaps_are_bridged_and_long_ones_part_the_clip():
    spans = solved_spans(observed("x..xx....x", ".........."), 2)
    assert spans.frame.tolist() == [0, 1, 2, 3, 4, 9]
    assert spans.run.tolist() == [0, 0, 0, 0, 0, 1]
    assert spans.observed.tolist() == [True, False, False, True, True, True]
    assert spans.follows.tolist() == [True, True, True, True, False]


def test_the_left_hand_comes_before_the_right_and_they_do_not_touch():
    spans = solved_spans(observed("..xx", "xx.."), 5)
    assert spans.side.tolist() == [0, 0, 1, 1]
    assert spans.frame.tolist() == [2, 3, 0, 1]
    assert spans.follows.tolist() == [True, False, True]


def test_no_hands_have_no_spans():
    assert len(solved_spans(np.zeros((4, 2), bool), 5).frame) == 0
    assert len(solved_spans(np.zeros((0, 2), bool), 5).follows) == 0


def test_a_running_median_stays_within_its_run_and_passes_over_unknown_frames():
    spans = solved_spans(observed("xxxxx", "xx..."), 5)
    values = np.array([1.0, 1.0, 99.0, 1.0, 2.0, 50.0, 50.0])
    known = np.array([True, True, True, False, True, True, True])
    assert running_median(values, known, spans, 3).tolist() == [1, 1, 2, 1, 2, 50, 50]
