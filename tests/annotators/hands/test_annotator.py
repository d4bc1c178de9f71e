"""The annotator on a rendered talker: from pixels to columns, against what it was rendered from."""

from dataclasses import replace

import av
import numpy as np
import pyarrow as pa
import pytest

from annotators.annotator import Clip
from annotators.hands import HandsAnnotator
from annotators.hands.annotator import HandsParams
from annotators.hands.calibration import Bounds, Calibration, Term, packaged_calibration
from annotators.hands.confidence import FEATURE_NAMES
from annotators.hands.mask import MaskParams
from datasets.hand.rotations import axis_angle_to_matrix, geodesic_deg
from datasets.schema import AXIS_ANGLE_WIDTH, HAND_FEATURES, HAND_POINTS, HAND_STD_WIDTH, MANO_WIDTH, SLOTS
from datasets.talker import TalkerTruth, write_talker
from tests.annotators.hands.scripted import (
    ScriptedBackend,
    body_of,
    noise_clip,
    scored,
    talker_truth,
    true_hands,
)

SIZE = np.array([512, 704])
BELIEVES_THE_SCORE = Calibration(
    bounds=Bounds(pose_error_m=0.012, image_error=0.12),
    intercept=0.0,
    terms=(Term(feature="score", knots=(0.2, 0.8), log_odds=(-6.0, 6.0)),),
)


@pytest.fixture(scope="module")
def annotator() -> HandsAnnotator:
    return HandsAnnotator()


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[TalkerTruth, np.ndarray]:
    """Two seconds of a talker with both hands in the picture, and its frames."""
    path = tmp_path_factory.mktemp("talker") / "talker.mp4"
    facts = write_talker(path, seconds=2, shots=1, seed=1, width_px=512, height_px=704)
    with av.open(str(path)) as container:
        return facts, np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.fixture(scope="module")
def row(annotator: HandsAnnotator, truth: tuple[TalkerTruth, np.ndarray]) -> dict[str, np.ndarray]:
    facts, frames = truth
    clip = Clip("talker", frames, columns={"body_keypoints": body_of(facts)})
    return values(annotator.annotate([clip]))


def values(batch: pa.RecordBatch) -> dict[str, np.ndarray]:
    return {name: np.array(batch[name][0].as_py()) for name in batch.schema.names}


def test_both_hands_of_a_talker_are_found_on_their_own_sides(row, truth):
    facts, _ = truth
    valid = row["hands_valid"] == 1
    assert valid.mean() > 0.9
    points = row["hands_keypoints"].reshape(-1, 2, 21, 2) * SIZE
    own = np.linalg.norm(points - facts.keypoints_2d, axis=-1).mean(axis=-1)
    other = np.linalg.norm(points - facts.keypoints_2d[:, ::-1], axis=-1).mean(axis=-1)
    assert (own < other)[valid].all()
    assert np.median(own[valid]) < 10


def test_the_wrists_stand_in_front_of_the_camera_on_the_rays_of_the_true_ones(row, truth):
    facts, _ = truth
    valid = row["hands_valid"] == 1
    wrist = row["hands_wrist"].reshape(-1, 2, 3)[valid].astype(float)
    drawn_px = row["hands_focal_px"] * wrist[:, :2] / wrist[:, 2:] + SIZE / 2
    assert (wrist[:, 2] > 0.2).all()
    assert np.median(np.linalg.norm(drawn_px - facts.keypoints_2d[:, :, 0][valid], axis=-1)) < 15


def test_frames_without_a_hand_hold_nan_and_zero_scores(annotator: HandsAnnotator):
    grey = np.full((3, 704, 512, 3), 128, np.uint8)
    found = values(annotator.annotate([Clip("grey", grey)]))
    for name in ("hands_valid", "hands_confidence", "hands_clarity"):
        assert (found[name] == 0).all()
    for name in ("hands_mano", "hands_axis_angle", "hands_wrist", "hands_keypoints", "hands_world"):
        assert np.isnan(found[name].astype(float)).all()


def test_columns_have_the_widths_of_the_schema(row, truth):
    count = truth[0].n_frames
    assert row["hands_mano"].shape == (count, MANO_WIDTH)
    assert row["hands_axis_angle"].shape == (count, AXIS_ANGLE_WIDTH)
    assert row["hands_world"].shape == (count, HAND_POINTS * 3)
    assert row["hands_model"] == "neutral"
    assert row["hands_std"].shape == (count, HAND_STD_WIDTH)
    assert row["hands_features"].shape == (count, 2 * HAND_FEATURES) == (count, 2 * len(FEATURE_NAMES))
    assert np.abs(row["hands_betas"]).max() < 3


def test_a_clip_is_labelled_alike_whatever_came_before_it(annotator: HandsAnnotator, truth):
    facts, frames = truth
    clip = Clip("short", frames[:8], columns={"body_keypoints": body_of(facts)[:8]})
    other = Clip("other", frames[20:26], columns={"body_keypoints": body_of(facts)[20:26]})
    batch = annotator.annotate([clip, other, clip])
    assert str(batch.slice(0, 1).to_pylist()) == str(batch.slice(2, 1).to_pylist())


def test_no_clips_and_a_clip_without_frames_give_the_schema(annotator: HandsAnnotator):
    assert annotator.annotate([]).schema == SLOTS["hands"]
    body = {"body_keypoints": np.empty((0, 99), np.float32)}
    empty = annotator.annotate([Clip("empty", np.empty((0, 704, 512, 3), np.uint8), columns=body)])
    assert empty["hands_mano"][0].as_py() == []


def labelled(detections, truth: TalkerTruth) -> dict[str, np.ndarray]:
    """What becomes of a backend's detections where confidence is its score."""
    params = HandsParams(look_again=False)
    annotator = HandsAnnotator(params, backend=ScriptedBackend(detections), calibration=BELIEVES_THE_SCORE)
    return values(annotator.annotate([noise_clip(truth)]))


def test_any_source_of_landmarks_goes_through_the_same_steps():
    truth = talker_truth()
    row = labelled(true_hands(truth), truth)
    assert (row["hands_valid"] == 1).all()
    true = axis_angle_to_matrix(truth.axis_angle.reshape(-1, 2, 16, 3))
    found = axis_angle_to_matrix(row["hands_axis_angle"].astype(float).reshape(-1, 2, 16, 3))
    assert np.median(geodesic_deg(true, found)[:, :, 1:]) < 5
    assert np.median(geodesic_deg(true, found)[:, :, 0]) < 10


def test_short_gaps_are_bridged_and_marked_and_long_ones_are_not():
    truth = talker_truth()
    hands = true_hands(truth)
    for frame in (10, 11, 12):
        hands[frame] = hands[frame][1:]  # no left hand
    for frame in range(30, 38):
        hands[frame] = hands[frame][:1]  # no right hand
    row = labelled(hands, truth)
    left, right = row["hands_valid"].T
    assert np.flatnonzero(left == 2).tolist() == [10, 11, 12]
    assert np.flatnonzero(right == 0).tolist() == list(range(30, 38))
    assert np.isfinite(row["hands_mano"][10:13].astype(float)).all()
    assert np.isnan(row["hands_keypoints"][10:13, :42].astype(float)).all()
    assert (row["hands_confidence"][10:13, 0] > 0.5).all()
    assert (row["hands_confidence"][30:38, 1] == 0).all()


def test_frames_nobody_believes_are_bridged_as_though_nothing_had_been_measured():
    truth = talker_truth()
    wrong, missing = true_hands(truth), true_hands(truth)
    for frame in (20, 21):
        elsewhere = np.roll(wrong[frame][0].image, 7, axis=0)  # the landmarks of other fingers
        wrong[frame][0] = replace(scored(wrong[frame][0], 0.1), image=elsewhere)
        missing[frame] = missing[frame][1:]
    doubted, empty = labelled(wrong, truth), labelled(missing, truth)
    assert (doubted["hands_valid"][20:22, 0] == 2).all()
    np.testing.assert_array_equal(doubted["hands_mano"], empty["hands_mano"])


@pytest.mark.parametrize(("side", "valid"), [(0, [2, 1]), (1, [1, 2])])
def test_a_hand_with_a_landmark_that_is_no_number_was_not_measured_and_the_other_one_was(side, valid):
    truth = talker_truth()
    hands = true_hands(truth)
    broken = hands[7][side].image.copy()
    broken[4, 0] = np.nan
    hands[7][side] = replace(hands[7][side], image=broken)
    row = labelled(hands, truth)
    assert row["hands_valid"][7].tolist() == valid
    assert row["hands_others"] == 0
    assert np.isfinite(row["hands_mano"].astype(float)).all()


def test_a_feature_too_large_for_a_half_float_is_stored_as_the_largest_one(monkeypatch):
    monkeypatch.setattr(
        "annotators.hands.confidence.sharpness", lambda *_: 300_000.0
    )  # black and white noise
    truth = talker_truth()
    features = (
        labelled(true_hands(truth), truth)["hands_features"].astype(float).reshape(-1, 2, HAND_FEATURES)
    )
    assert (features[..., FEATURE_NAMES.index("sharpness")] == 65504).all()


def test_a_second_backend_that_misses_a_hand_disagrees_with_nobody(monkeypatch, truth):
    facts, frames = truth
    hands = true_hands(facts)
    first, second = ScriptedBackend(hands), ScriptedBackend([frame[:1] for frame in hands])  # no right hand
    monkeypatch.setattr("annotators.hands.annotator.open_backend", lambda kind, **_: second)
    annotator = HandsAnnotator(HandsParams(second_backend="mediapipe"), backend=first)
    clip = Clip("talker", frames, columns={"body_keypoints": body_of(facts)})
    row = values(annotator.annotate([clip]))
    annotator.close()
    apart = (
        row["hands_features"]
        .astype(float)
        .reshape(-1, 2, HAND_FEATURES)[..., FEATURE_NAMES.index("disagreement")]
    )
    assert apart[:, 0] == pytest.approx(0, abs=1e-3)
    assert np.isnan(apart[:, 1]).all()
    assert annotator.params["second_backend"] == "scripted"


def test_one_frame_is_fitted_but_too_short_a_run_to_learn_from():
    truth = talker_truth()
    clip = noise_clip(truth)
    one = Clip("one", clip.frames[:1], columns={"body_keypoints": body_of(truth)[:1]})
    for params, valid in ((MaskParams(), 0), (MaskParams(shortest_run=1), 1)):
        annotator = HandsAnnotator(
            HandsParams(look_again=False, mask=params),
            backend=ScriptedBackend(true_hands(truth)[:1]),
            calibration=BELIEVES_THE_SCORE,
        )
        row = values(annotator.annotate([one]))
        assert (row["hands_valid"] == valid).all()
        assert np.isfinite(row["hands_mano"].astype(float)).all() == bool(valid)


def test_a_new_calibration_needs_only_the_stored_features(row):
    features = row["hands_features"].astype(np.float32).reshape(-1, 2, HAND_FEATURES)
    measured = np.isfinite(row["hands_keypoints"].astype(float)).reshape(-1, 2, 42).all(axis=-1)
    again = packaged_calibration().probability(features, measured)
    kept = row["hands_valid"] == 1
    assert kept.any()
    np.testing.assert_allclose(row["hands_confidence"][kept].astype(float), again[kept], atol=1e-3)
    assert row["hands_calibration"] == packaged_calibration().id


def test_the_detectors_upside_down_depth_is_turned_back():
    truth = talker_truth()
    hands = true_hands(truth)
    for frame in range(truth.n_frames):
        flipped = hands[frame][1].world * np.array([1, 1, -1], np.float32)
        hands[frame][1] = replace(hands[frame][1], world=flipped, depth=-hands[frame][1].depth)
    found = labelled(hands, truth)["hands_axis_angle"].astype(float).reshape(-1, 2, 16, 3)[:, 1]
    true = truth.axis_angle.reshape(-1, 2, 16, 3)[:, 1]
    errors = geodesic_deg(axis_angle_to_matrix(found), axis_angle_to_matrix(true))
    assert np.median(errors[:, 0]) < 15
