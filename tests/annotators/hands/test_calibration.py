import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotators.hands.calibration import Bounds, Calibration, Gaps, Term, gap_facts, windowed_mean
from annotators.hands.confidence import FEATURE_NAMES
from datasets.errors import UserError

SCORE = FEATURE_NAMES.index("score")
BY_SCORE = Calibration(
    bounds=Bounds(pose_error_m=0.01, image_error=0.1),
    intercept=-1.0,
    terms=(Term(feature="score", knots=(0.5, 1.0), log_odds=(0.0, 4.0), missing=-2.0),),
    gaps=Gaps(offset=-0.5, neighbour=1.0, a_frame=-0.1),
)


def clip(scores: list[float]) -> np.ndarray:
    """(T, 2, F) features of which only the score is known, the same for both hands."""
    features = np.full((len(scores), 2, len(FEATURE_NAMES)), np.nan, np.float32)
    features[..., SCORE] = np.array(scores)[:, None]
    return features


def both(values: list[int]) -> np.ndarray:
    return np.repeat(np.array(values, np.uint8)[:, None], 2, axis=1)


def logistic(odds: float) -> float:
    return 1 / (1 + np.exp(-odds))


def test_shares_are_straight_between_knots_and_level_beyond():
    sure = BY_SCORE.probability(clip([0.5, 0.75, 1.0, 0.1]), both([1, 1, 1, 1]))
    expected = [logistic(-1), logistic(1), logistic(3), logistic(-1)]
    assert sure[:, 0].tolist() == pytest.approx(expected)
    assert np.array_equal(sure[:, 0], sure[:, 1])


def test_a_missing_feature_has_its_own_share():
    assert BY_SCORE.probability(clip([np.nan]), both([1]))[0, 0] == pytest.approx(logistic(-3))


def test_slope_and_offset_come_last():
    flatter = BY_SCORE.model_copy(update={"slope": 0.5, "offset": 0.25})
    assert flatter.probability(clip([1.0]), both([1]))[0, 0] == pytest.approx(logistic(1.75))


def test_frames_without_a_hand_have_probability_0():
    assert BY_SCORE.probability(clip([0.9, 0.9]), both([0, 1]))[0].tolist() == [0, 0]


def test_an_interpolated_frame_is_judged_by_its_gap_and_its_less_sure_neighbour():
    sure = BY_SCORE.probability(clip([1.0, 0.9, np.nan, 0.75]), both([1, 2, 2, 1]))
    expected = logistic(-0.5 + 1.0 - 0.1 * 2)  # the neighbour at 0.75 has log-odds 1; the gap has two frames
    assert sure[1:3, 0].tolist() == pytest.approx([expected, expected])


def test_an_interpolated_frame_at_a_clips_end_has_no_hand():
    assert BY_SCORE.probability(clip([np.nan, 0.9]), both([2, 1]))[0].tolist() == [0, 0]


def test_gap_facts_tell_length_and_the_smaller_end():
    odds = np.array([np.nan, 2.0, np.nan, np.nan, 1.0, np.nan])[:, None]
    length, neighbour = gap_facts(odds)
    assert length[:, 0].tolist() == pytest.approx([np.nan, np.nan, 2, 2, np.nan, np.nan], nan_ok=True)
    assert neighbour[:, 0].tolist() == pytest.approx([np.nan, np.nan, 1, 1, np.nan, np.nan], nan_ok=True)


def test_a_window_means_over_what_is_known():
    values = np.array([1.0, np.nan, 4.0, 7.0])[:, None]
    assert windowed_mean(values, 3)[:, 0].tolist() == pytest.approx([1.0, np.nan, 5.5, 5.5], nan_ok=True)
    assert windowed_mean(values, 1) is values


numbers = st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan")))


@given(arrays.arrays(np.float32, (7, 2, len(FEATURE_NAMES)), elements=numbers), st.data())
def test_the_packaged_calibration_gives_probabilities_for_any_numbers(features, data):
    state = data.draw(arrays.arrays(np.uint8, (7, 2), elements=st.integers(0, 2)))
    sure = Calibration.load().probability(features, state)
    assert ((sure >= 0) & (sure <= 1)).all()
    assert (sure[state == 0] == 0).all()
    assert (sure[state == 1] > 0).all()


def test_the_packaged_calibration_states_bounds_and_rises_with_the_score():
    packaged = Calibration.load()
    assert 0 < packaged.bounds.pose_error_m < 0.03
    for term in packaged.terms:
        if term.feature in ("score", "chirality", "sharpness"):
            assert list(term.log_odds) == sorted(term.log_odds)
        if term.feature in ("image_residual", "side_residual", "wrist_gap"):
            assert list(term.log_odds) == sorted(term.log_odds, reverse=True)


def test_a_clip_without_frames_has_no_probabilities():
    assert Calibration.load().probability(clip([]), both([]).reshape(0, 2)).shape == (0, 2)


def test_a_saved_calibration_is_read_back_with_its_id(tmp_path):
    path = tmp_path / "mine.json"
    BY_SCORE.save(path)
    again = Calibration.load(path)
    assert again == BY_SCORE
    assert again.id == BY_SCORE.id
    assert '"knots": [ 0.5, 1.0 ]' in path.read_text()


def test_the_id_follows_what_decides_and_not_the_notes():
    noted = BY_SCORE.model_copy(update={"corpus": {"clips": 3}})
    other = BY_SCORE.model_copy(update={"intercept": -1.1})
    assert len(BY_SCORE.id) == 12
    assert noted.id == BY_SCORE.id
    assert other.id != BY_SCORE.id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"terms": [{"feature": "colour", "knots": [0, 1], "log_odds": [0, 1]}]}, "colour"),
        ({"terms": [{"feature": "score", "knots": [1, 0], "log_odds": [0, 1]}]}, "rising knots"),
        ({"terms": [{"feature": "score", "knots": [0, 1], "log_odds": [0]}]}, "as many log_odds"),
        ({"bounds": {"pose_error_m": -1, "image_error": 0.1}}, "bounds.pose_error_m"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_file_that_is_no_calibration_is_told_in_one_sentence(tmp_path, change, message):
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(json.loads(BY_SCORE.model_dump_json()) | change))
    with pytest.raises(UserError, match=message) as caught:
        Calibration.load(path)
    assert "\n" not in str(caught.value)


def test_an_absent_a_binary_and_an_empty_file_are_told(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty").touch()
    for name in ("absent", "binary", "empty"):
        with pytest.raises(UserError, match="emo2 calibrate"):
            Calibration.load(tmp_path / name)
