import numpy as np
import pytest

from annotators.hands.calibrate.corpus import Corpus
from annotators.hands.calibrate.fitting import Shape, fit_calibration
from annotators.hands.calibrate.scores import auroc, expected_calibration_error
from annotators.hands.calibration import Bounds, Calibration
from annotators.hands.confidence import FEATURE_NAMES
from datasets.errors import UserError
from datasets.hand.layout import INTERPOLATED, MEASURED

BOUNDS = Bounds(pose_error_m=0.01, image_error=0.1)
SHAPES = (Shape("score", 1), Shape("image_residual", -1), Shape("jitter", -1), Shape("disagreement", -1))


def corpus(clips: int, seed: int = 0) -> Corpus:
    """Hands that are right with a probability that score and residual tell, jitter does not; two frames in
    twenty of either hand are gaps, right where their neighbourhood is sure."""
    random = np.random.default_rng(seed)
    features = np.full((clips, 20, 2, len(FEATURE_NAMES)), np.nan, np.float32)
    score, residual, noise = random.uniform(0, 1, (3, clips, 20, 2))
    features[..., FEATURE_NAMES.index("score")] = score
    features[..., FEATURE_NAMES.index("image_residual")] = residual
    features[..., FEATURE_NAMES.index("jitter")] = noise
    odds = 4 * np.maximum(score - 0.5, 0) * 2 - 5 * residual + 1
    right = random.uniform(size=odds.shape) < 1 / (1 + np.exp(-odds))
    state = np.full(odds.shape, MEASURED, np.uint8)
    state[:, 9:11] = INTERPOLATED
    features[:, 9:11] = np.nan
    sure = np.minimum(odds[:, 8], odds[:, 11])
    right[:, 9:11] = random.uniform(size=(clips, 2, 2)) < 1 / (1 + np.exp(-sure))[:, None]
    return Corpus(
        seeds=np.arange(clips),
        kinds=np.full(clips, "clean"),
        features=features,
        state=state,
        pose_error_m=np.where(right, 0.005, 0.02),
        image_error=np.full(right.shape, 0.05),
    )


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return fit_calibration(corpus(60), BOUNDS, SHAPES)


def judged(calibration: Calibration, data: Corpus) -> np.ndarray:
    pairs = zip(data.features, data.state, strict=True)
    return np.stack([calibration.probability(features, state) for features, state in pairs])


def test_on_unseen_clips_the_probabilities_rank_and_mean_what_they_say(fitted):
    unseen = corpus(60, seed=1)
    measured = unseen.state == MEASURED
    sure, right = judged(fitted, unseen)[measured], unseen.right(BOUNDS)[measured]
    assert auroc(sure, right) > 0.8
    assert expected_calibration_error(sure, right) < 0.05


def test_gaps_are_judged_by_their_ends(fitted):
    unseen = corpus(60, seed=2)
    bridged = unseen.state == INTERPOLATED
    sure, right = judged(fitted, unseen)[bridged], unseen.right(BOUNDS)[bridged]
    assert fitted.gaps.neighbour > 0.3
    assert auroc(sure, right) > 0.65


def test_shares_keep_to_the_direction_that_makes_sense(fitted):
    by_name = {term.feature: term for term in fitted.terms}
    assert list(by_name["score"].log_odds) == sorted(by_name["score"].log_odds)
    assert by_name["score"].log_odds[-1] > 2
    assert by_name["image_residual"].log_odds[-1] < -2
    assert abs(by_name["jitter"].log_odds[-1]) < 0.5


def test_what_speaks_against_sense_is_not_believed():
    [only] = fit_calibration(corpus(20), BOUNDS, (Shape("image_residual", 1),)).terms
    assert set(only.log_odds) == {0.0}


def test_a_feature_that_nobody_measured_has_no_term(fitted):
    assert {term.feature for term in fitted.terms} == {"score", "image_residual", "jitter"}


def test_a_calibration_says_what_it_was_fitted_on(fitted):
    assert fitted.corpus["clips"] == 60
    assert fitted.corpus["frames"] == 60 * 18 * 2
    assert fitted.bounds == BOUNDS


def test_the_image_counts_as_much_as_the_pose():
    data = corpus(2)
    off = Corpus(**{**vars(data), "image_error": np.full(data.state.shape, 0.2)})
    assert data.right(BOUNDS).any()
    assert not off.right(BOUNDS).any()


def test_a_hand_without_a_pose_is_not_right():
    data = corpus(2)
    assert not Corpus(**{**vars(data), "pose_error_m": np.full(data.state.shape, np.nan)}).right(BOUNDS).any()


def test_too_few_clips_are_refused_in_one_sentence():
    with pytest.raises(UserError, match="2 clips gave"):
        fit_calibration(corpus(2), BOUNDS, SHAPES)
