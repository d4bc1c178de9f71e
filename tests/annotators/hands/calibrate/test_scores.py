import numpy as np
import pytest

from annotators.hands.calibrate.scores import (
    auroc,
    bootstrap_interval,
    brier,
    expected_calibration_error,
    reliability,
    risk_coverage,
)

RIGHT = np.array([True, True, False, False])


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    assert auroc(np.array([0.9, 0.8, 0.3, 0.2]), RIGHT) == 1
    assert auroc(np.array([0.9, 0.3, 0.8, 0.2]), RIGHT) == 0.75
    assert auroc(np.array([0.5, 0.5, 0.5, 0.5]), RIGHT) == 0.5


def test_auroc_of_one_kind_alone_is_nan():
    assert np.isnan(auroc(np.array([0.5, 0.6]), np.array([True, True])))


def test_a_confidence_that_means_what_it_says_has_no_calibration_error():
    confidence = np.array([0.75] * 4 + [0.25] * 4)
    right = np.array([1, 1, 1, 0, 0, 0, 0, 1], bool)
    assert expected_calibration_error(confidence, right) == pytest.approx(0)
    assert expected_calibration_error(confidence, ~right) == pytest.approx(0.5)


def test_certainty_belongs_to_the_last_bin():
    [only] = reliability(np.array([1.0, 1.0]), np.array([True, False]))
    assert (only.confidence, only.right, only.share) == (1.0, 0.5, 1.0)


def test_brier_is_the_mean_square_off():
    assert brier(np.array([1.0, 0.5]), np.array([True, False])) == pytest.approx(0.125)


def test_risk_is_what_is_wrong_among_the_surest():
    coverage, risk = risk_coverage(np.array([0.2, 0.9, 0.8, 0.3]), np.array([False, True, False, True]))
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])


def test_the_interval_is_of_clips_and_not_of_frames():
    clip = np.repeat(np.arange(4), 500)
    right = clip % 2 == 0  # within a clip all frames are alike: 2000 frames are worth four
    low, high = bootstrap_interval(lambda sure, ok: float(ok.mean()), np.ones(2000), right, clip)
    assert low < 0.1
    assert high > 0.9
