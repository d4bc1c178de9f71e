import numpy as np
import pytest

from annotators.hands.calibration import Bounds, Calibration, Term
from benchmarks.hands.confidence import corpus_rows, judge
from benchmarks.results import Row
from datasets.hand.layout import INTERPOLATED, MEASURED
from tests.annotators.hands.calibrate.test_fitting import corpus

# What the corpus was drawn with (see there), and the same turned round.
TRUE = Calibration(
    bounds=Bounds(pose_error_m=0.01, image_error=0.1),
    intercept=1.0,
    terms=(
        Term(feature="score", knots=(0.5, 1.0), log_odds=(0.0, 4.0)),
        Term(feature="image_residual", knots=(0.0, 1.0), log_odds=(0.0, -5.0)),
    ),
)
REVERSED = TRUE.model_copy(update={"slope": -1.0})


def by_measure(rows: list[Row]) -> dict[str, Row]:
    return {row.measure: row for row in rows}


@pytest.fixture(scope="module")
def plots(tmp_path_factory):
    return tmp_path_factory.mktemp("plots")


@pytest.fixture(scope="module")
def found(plots) -> dict[str, Row]:
    return by_measure(corpus_rows(corpus(40), TRUE, plots))


def test_the_true_odds_are_calibrated_and_beat_the_raw_score(found):
    ranks, means = found["confidence: AUROC"], found["confidence: expected calibration error"]
    assert ranks.value > ranks.parts["raw score"] > 0.6
    assert means.met
    assert means.parts["raw score"] > 3 * means.value
    low, high = (float(end) for end in ranks.parts["interval"].split(" to "))
    assert low < ranks.value < high


def test_a_confidence_that_is_the_wrong_way_round_is_told(tmp_path):
    rows = by_measure(corpus_rows(corpus(10), REVERSED, tmp_path))
    assert rows["confidence: AUROC"].value < 0.35
    assert not rows["confidence: AUROC"].met
    assert not rows["confidence: expected calibration error"].met


def test_the_mask_leaves_fewer_wrong_hands(found):
    row = found["mask: wrong hands among those kept"]
    assert row.value < 0.8 * row.parts["without mask"]
    assert row.parts["right hands kept"] > row.parts["measured hands kept"]


def test_bridged_frames_are_judged_apart(found):
    assert found["confidence: AUROC of bridged frames"].parts["hands"] == 40 * 2 * 2
    data = corpus(3)
    assert len(judge(data, TRUE, MEASURED).right) == 3 * 18 * 2
    assert len(judge(data, TRUE, INTERPOLATED).right) == 3 * 2 * 2


def test_both_diagrams_are_written(found, plots):
    for name in ("risk_coverage.png", "reliability.png"):
        assert (plots / name).read_bytes().startswith(b"\x89PNG")


def test_a_corpus_without_gaps_has_no_figure_for_them(tmp_path):
    data = corpus(10)
    whole = type(data)(**{**vars(data), "state": np.full(data.state.shape, MEASURED)})
    assert by_measure(corpus_rows(whole, TRUE, tmp_path))["confidence: AUROC of bridged frames"].value is None
