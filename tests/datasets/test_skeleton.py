"""Index orders in full, since a swapped pair looks right in most pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.skeleton import (
    BONES,
    JOINTS,
    MEDIAPIPE_33,
    arms_and_legs,
    hand_points,
    to_coco_17,
    to_coco_133,
    to_openpose_18,
)

COCO_NAMES = [
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
]  # fmt: skip
OPENPOSE_NAMES = [
    "nose", None, "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
]  # fmt: skip


def numbered(frames: int = 1) -> np.ndarray:
    """Points whose x is their MediaPipe index, whose y is its negative, all with score 0.5 but the shoulders."""
    body = np.zeros((frames, 33, 3))
    body[..., 0], body[..., 1], body[..., 2] = np.arange(33), -np.arange(33), 0.5
    body[:, 11, 2] = 0.9
    return body


def names(points: np.ndarray) -> list[str | None]:
    """What MediaPipe calls each point of the first frame; None for one that is not its."""
    return [
        MEDIAPIPE_33[int(x)] if np.isfinite(x) and x == int(x) and -x == y else None
        for x, y in points[0, :, :2]
    ]


def test_mediapipe_has_33_points_with_shoulders_at_11_hips_at_23_and_feet_at_31():
    assert len(MEDIAPIPE_33) == len(set(MEDIAPIPE_33)) == 33
    picked = [MEDIAPIPE_33[index] for index in (0, 2, 5, 7, 11, 12, 15, 16, 17, 20, 21, 23, 26, 27, 30, 31)]
    assert picked == [
        "nose", "left_eye", "right_eye", "left_ear", "left_shoulder", "right_shoulder", "left_wrist",
        "right_wrist", "left_pinky", "right_index", "left_thumb", "left_hip", "right_knee", "left_ankle",
        "right_heel", "left_foot_index",
    ]  # fmt: skip


def test_arms_and_legs_are_the_twelve_joints_in_their_order():
    assert names(arms_and_legs(numbered())) == list(JOINTS)


def test_every_bone_joins_two_joints_of_its_own_side():
    ends = {bone.name: (JOINTS[bone.start], JOINTS[bone.end]) for bone in BONES}
    assert ends == {
        "left_upper_arm": ("left_shoulder", "left_elbow"),
        "right_upper_arm": ("right_shoulder", "right_elbow"),
        "left_forearm": ("left_elbow", "left_wrist"),
        "right_forearm": ("right_elbow", "right_wrist"),
        "left_thigh": ("left_hip", "left_knee"),
        "right_thigh": ("right_hip", "right_knee"),
        "left_shin": ("left_knee", "left_ankle"),
        "right_shin": ("right_knee", "right_ankle"),
    }
    assert all(bone.name.startswith(bone.side) for bone in BONES)


def test_coco_17_has_its_own_order():
    assert names(to_coco_17(numbered())) == COCO_NAMES


def test_openpose_18_has_its_own_order_and_a_neck_between_the_shoulders():
    points = to_openpose_18(numbered())
    assert names(points) == OPENPOSE_NAMES
    assert points[0, 1].tolist() == [11.5, -11.5, 0.5]


def test_coco_133_has_body_feet_no_face_and_both_hands():
    hands = np.arange(42.0)[None, :, None] * [1, 1, 0] + [100, 100, 0.25]
    points = to_coco_133(numbered(), hands)
    assert points.shape == (1, 133, 3)
    assert names(points)[:17] == COCO_NAMES
    assert names(points)[17:23] == [
        "left_foot_index", None, "left_heel", "right_foot_index", None, "right_heel",
    ]  # fmt: skip
    assert np.isnan(points[0, 23:91, :2]).all()
    assert (points[0, 23:91, 2] == 0).all()
    assert points[0, 91:, 0].tolist() == list(range(100, 142))
    assert (points[0, 91:, 2] == 0.25).all()


def test_without_hands_the_hands_of_coco_133_are_missing():
    points = to_coco_133(numbered(3))
    assert np.isnan(points[:, 91:, :2]).all()
    assert (points[:, 91:, 2] == 0).all()


@pytest.mark.parametrize("convert", [arms_and_legs, to_coco_17, to_coco_133, to_openpose_18])
def test_a_frame_without_a_body_has_score_0_and_no_places(convert):
    body = numbered(2)
    body[1] = np.nan
    points = convert(body)
    assert np.isnan(points[1, :, :2]).all()
    assert (points[1, :, 2] == 0).all()
    assert np.isfinite(points[0, :, :2]).any()


def test_one_missing_shoulder_leaves_no_neck():
    body = numbered()
    body[0, 12] = np.nan
    assert np.isnan(to_openpose_18(body)[0, 1, :2]).all()
    assert to_openpose_18(body)[0, 1, 2] == 0


def test_hand_points_give_each_hand_its_own_score():
    keypoints = np.arange(84.0)[None]
    keypoints[:, 42:] = np.nan
    points = hand_points(keypoints, np.array([[0.75, 0.5]]))
    assert points[0, 20].tolist() == [40.0, 41.0, 0.75]
    assert np.isnan(points[0, 21:, :2]).all()
    assert (points[0, 21:, 2] == 0).all()


def test_points_of_another_number_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 17, 3\); a skeleton is made of \(frames, 33, 3\)"):
        to_coco_17(np.zeros((2, 17, 3)))


@given(body=arrays(float, (2, 33, 3), elements=st.floats(0, 1)))
def test_mirroring_the_person_swaps_left_and_right_in_every_order(body):
    swap = [MEDIAPIPE_33.index(_other(name)) for name in MEDIAPIPE_33]
    mirrored = body[:, swap] * [-1, 1, 1]
    for convert, order in (
        (to_coco_17, COCO_NAMES),
        (to_openpose_18, OPENPOSE_NAMES),
        (arms_and_legs, JOINTS),
    ):
        back = [order.index(None if name is None else _other(name)) for name in order]
        np.testing.assert_allclose(convert(mirrored), convert(body)[:, back] * [-1, 1, 1])


def _other(name: str) -> str:
    return name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
