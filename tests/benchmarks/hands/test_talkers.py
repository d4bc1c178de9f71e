"""What is compared in the pixel benchmark, on made-up detections."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.hands.talkers import Labels, _labels, raw_hands
from datasets.hand.layout import split_mano
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix, matrix_to_quaternion
from datasets.talker.clips import TalkerClip
from datasets.talker.truth import TalkerTruth
from tests.annotators.hands.scripted import ScriptedBackend, talker_truth, true_hands


@pytest.fixture(scope="module")
def truth() -> TalkerTruth:
    return talker_truth()


def clip_of(truth: TalkerTruth) -> TalkerClip:
    frames = np.broadcast_to(np.uint8(0), (truth.n_frames, 704, 512, 3))
    return TalkerClip(frames, truth, np.zeros((truth.n_frames, 2), bool))


def test_detections_are_given_to_the_true_hands_they_lie_on_whatever_their_order_and_label(
    truth: TalkerTruth,
):
    hands = [[replace(one, label="Left") for one in frame[::-1]] for frame in true_hands(truth)]
    raw = raw_hands(clip_of(truth), ScriptedBackend(hands))
    np.testing.assert_allclose(raw.image_px, truth.keypoints_2d, atol=1e-2)
    assert np.isfinite(raw.depth_px).all()


def test_one_detection_is_not_two_hands(truth: TalkerTruth):
    points = truth.keypoints_2d.copy()
    points[:, 1] = points[:, 0] + 1  # the right hand lies under the left one
    raw = raw_hands(
        clip_of(replace(truth, keypoints_2d=points)),
        ScriptedBackend([frame[:1] for frame in true_hands(truth)]),
    )
    assert np.isfinite(raw.image_px[:, 0]).all()
    assert np.isnan(raw.image_px[:, 1]).all()


def test_a_detection_far_from_both_hands_is_neither(truth: TalkerTruth):
    hands = true_hands(truth)
    hands[1] = [replace(hands[1][0], image=hands[1][0].image + np.float32(0.4)), hands[1][1]]
    found = np.isfinite(raw_hands(clip_of(truth), ScriptedBackend(hands)).image_px).all(axis=(2, 3))
    assert found[1].tolist() == [False, True]
    assert np.delete(found, 1, axis=0).all()


def test_labels_are_the_columns_in_their_units(truth: TalkerTruth):
    labels = _labels(stored(truth), clip_of(truth))
    assert isinstance(labels, Labels)
    np.testing.assert_allclose(labels.measured_px, truth.keypoints_2d, atol=1e-3)
    np.testing.assert_allclose(labels.posed, truth.keypoints_3d, atol=1e-5)
    np.testing.assert_allclose(labels.wrist, truth.wrist, atol=1e-6)
    assert labels.others == 0


def stored(truth: TalkerTruth) -> dict[str, np.ndarray]:
    """A row of the hands slot that is right."""
    n = truth.n_frames
    assert str(truth.hand_model) == neutral_hand().name
    turns = matrix_to_quaternion(axis_angle_to_matrix(truth.axis_angle.reshape(n, 2, 16, 3)))
    mano = np.concatenate([turns.reshape(n, 2, 64), truth.translation], axis=2).reshape(n, 134)
    np.testing.assert_array_equal(split_mano(mano)[1], truth.translation)
    return {
        "hands_valid": np.ones((n, 2), np.uint8),
        "hands_keypoints": (truth.keypoints_2d / [512, 704]).reshape(n, 84),
        "hands_axis_angle": truth.axis_angle.reshape(n, 96),
        "hands_mano": mano,
        "hands_wrist": truth.wrist.reshape(n, 6),
        "hands_betas": truth.betas,
        "hands_focal_px": truth.focal_px[0],
        "hands_others": np.array(None),
    }
