import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotators.hands.mask import MaskParams, mask
from datasets.hand.layout import INTERPOLATED, MEASURED

ONE_FRAME = MaskParams(enter=0.5, leave=0.3, shortest_run=1, max_gap=5)


def masked(confidence: list[float], params: MaskParams = ONE_FRAME) -> list[int]:
    """Of one hand; 0 confidence is a frame without a measurement."""
    values = np.array([confidence, confidence]).T
    result = mask(values, values > 0, params)
    assert result[:, 0].tolist() == result[:, 1].tolist()
    return result[:, 0].tolist()


def test_a_hand_is_taken_at_the_upper_threshold_and_kept_to_the_lower_one_either_way_in_time():
    assert masked([0.4, 0.4, 0.6, 0.4, 0.2, 0, 0, 0, 0, 0, 0.4]) == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]


def test_a_hand_that_never_reaches_the_upper_threshold_is_not_taken():
    assert masked([0.49] * 20) == [0] * 20


def test_five_missing_frames_are_bridged_and_six_are_not():
    assert masked([0.9, 0, 0, 0, 0, 0, 0.9]) == [1, 2, 2, 2, 2, 2, 1]
    assert masked([0.9, 0, 0, 0, 0, 0, 0, 0.9]) == [1, 0, 0, 0, 0, 0, 0, 1]


def test_measured_frames_that_are_not_trusted_are_bridged_like_missing_ones():
    assert masked([0.9, 0.1, 0.1, 0.9]) == [1, 2, 2, 1]


def test_gaps_at_the_ends_stay_empty():
    assert masked([0, 0, 0.9, 0.9, 0]) == [0, 0, 1, 1, 0]


def test_a_span_with_too_few_measured_frames_is_left_out():
    params = MaskParams(shortest_run=3)
    assert masked([0.9, 0, 0.9, *[0] * 7, 0.9, 0, 0.9, 0.9], params) == [0] * 10 + [1, 2, 1, 1]


def test_confidence_without_a_measurement_and_nan_are_no_hand():
    confidence, measured = np.array([[0.9, np.nan]] * 6), np.array([[False, True]] * 6)
    assert not mask(confidence, measured, ONE_FRAME).any()


def test_a_clip_without_frames_has_an_empty_mask():
    assert mask(np.zeros((0, 2)), np.zeros((0, 2), bool)).shape == (0, 2)


clips = st.integers(0, 60).flatmap(
    lambda frames: st.tuples(
        arrays.arrays(float, (frames, 2), elements=st.floats(0, 1)), arrays.arrays(bool, (frames, 2))
    )
)
params = st.builds(
    lambda a, b, run, gap: MaskParams(max(a, b), min(a, b), run, gap),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 8),
    st.integers(0, 5),
)


def spans(values: np.ndarray) -> list[np.ndarray]:
    """Runs of frames with a hand."""
    there = np.flatnonzero(values)
    return [span for span in np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if len(span)]


@given(clips, params)
def test_what_the_mask_promises_holds_for_any_confidence(clip, params):
    confidence, measured = clip
    result = mask(confidence, measured, params)
    assert (measured & (confidence >= params.leave))[result == MEASURED].all()
    for side in range(2):
        for span in spans(result[:, side]):
            values = result[span, side]
            assert values[0] == values[-1] == MEASURED
            assert (values == MEASURED).sum() >= params.shortest_run
            assert confidence[span, side][values == MEASURED].max() >= params.enter
            assert all(len(gap) <= params.max_gap for gap in spans(values == INTERPOLATED))


@given(clips, params)
def test_the_mask_reads_the_same_backwards(clip, params):
    confidence, measured = clip
    assert np.array_equal(mask(confidence[::-1], measured[::-1], params)[::-1], mask(*clip, params))


@given(clips, params, st.integers(0, 59))
def test_more_confidence_never_takes_a_frame_away(clip, params, frame):
    confidence, measured = clip
    surer = confidence.copy()
    surer[frame % max(len(surer), 1) : frame + 1] = 1.0
    assert (mask(surer, measured, params) > 0)[mask(confidence, measured, params) > 0].all()


@given(clips)
def test_each_hand_is_masked_by_itself(clip):
    confidence, measured = clip
    swapped = mask(confidence[:, ::-1], measured[:, ::-1])
    assert np.array_equal(swapped[:, ::-1], mask(confidence, measured))
