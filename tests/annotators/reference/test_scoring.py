import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.reference.scoring import ReferenceRule, Scores, known_parts, score_frames
from tests.annotators.reference.stills import face_columns, hand_columns, pictures

FRAMES = 12  # so short that its ends count as much as its middle


def scored(frames: np.ndarray, **columns: np.ndarray | None) -> Scores:
    return score_frames(frames, known_parts(columns), ReferenceRule())


def test_the_one_frame_that_is_not_blurred_is_the_still():
    for columns in ({}, face_columns(FRAMES), hand_columns(FRAMES, left=[*range(12)], right=[*range(12)])):
        found = scored(pictures(FRAMES, sharp=[7]), **columns)
        assert found.best == 7
        assert found.sharpness[7] == 1
        assert found.sharpness[np.arange(FRAMES) != 7].max() < 0.5


def test_blur_of_the_face_alone_counts_and_blur_beside_it_does_not():
    frames = pictures(FRAMES)
    blurred = cv2.GaussianBlur(frames[0], (0, 0), 3.0)
    frames[:6, 10:70] = blurred[10:70]  # the rows of the face
    frames[6:, 120:] = blurred[120:]
    found = scored(frames, **face_columns(FRAMES))
    assert found.best == 6
    assert found.sharpness[6:].min() == 1
    assert found.sharpness[:6].max() < 0.5


def test_a_hand_blurred_by_its_motion_makes_a_frame_worse():
    frames, all_of_them = pictures(FRAMES), [*range(FRAMES)]
    frames[:5, 118:155, 80:115] = cv2.GaussianBlur(frames[0], (0, 0), 3.0)[118:155, 80:115]  # the left hand
    found = scored(
        frames, **face_columns(FRAMES), **hand_columns(FRAMES, left=all_of_them, right=all_of_them)
    )
    assert found.best == 5


def test_shut_eyes_are_no_still():
    found = scored(pictures(FRAMES), **face_columns(FRAMES, shut=[0, 1, 2, 5]))
    assert found.best == 3
    assert found.eyes.tolist() == [0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1]


def test_the_eye_that_is_further_closed_counts_and_an_eye_out_of_sight_does_not():
    columns = face_columns(FRAMES)
    columns["face_eyes"][0] = (0.3, 0.05)  # a wink
    columns["face_eyes"][1] = (0.3, np.nan)  # the other is turned away
    assert scored(pictures(FRAMES), **columns).eyes.tolist()[:3] == [0, 1, 1]


def test_narrow_eyes_are_judged_against_themselves():
    columns = face_columns(FRAMES, shut=[0])
    columns["face_eyes"] = columns["face_eyes"] * 0.5  # 0.15 while open
    assert scored(pictures(FRAMES), **columns).eyes.tolist() == [0] + 11 * [1]


def test_eyes_shut_all_the_time_are_never_open():
    assert scored(pictures(FRAMES), **face_columns(FRAMES, shut=[*range(FRAMES)])).eyes.max() == 0


def test_a_frame_without_the_face_is_no_still_of_it():
    found = scored(pictures(FRAMES), **face_columns(FRAMES, unseen=[0, 1, 2, 3]))
    assert found.best == 4
    assert found.eyes[:4].max() == found.sharpness[:4].max() == 0


def test_both_hands_are_better_than_one_and_one_than_none():
    found = scored(
        pictures(FRAMES), **face_columns(FRAMES), **hand_columns(FRAMES, left=[4, 8], right=[8, 9])
    )
    assert found.hands.tolist() == [0, 0, 0, 0, 0.5, 0, 0, 0, 1, 0.5, 0, 0]
    assert found.best == 8


def test_an_unsure_hand_or_one_half_outside_counts_less():
    columns = hand_columns(FRAMES, left=[1, 2, 3], right=[1, 2, 3])
    columns["hands_confidence"][1] = 0.5
    points = columns["hands_keypoints"].reshape(FRAMES, 2, 21, 2)
    points[2, 0, ::2] += 1.0  # 11 of 21 points
    found = scored(pictures(FRAMES), **columns)
    assert found.hands[1:4] == pytest.approx([0.5, (10 / 21 + 1) / 2, 1.0])


def test_interpolated_hands_are_not_seen():
    columns = hand_columns(FRAMES, left=[1, 2], right=[1, 2])
    columns["hands_valid"][1] = 2
    assert scored(pictures(FRAMES), **columns).hands.tolist()[:3] == [0, 0, 1]


def test_all_parts_are_weighed_together():
    frames = pictures(FRAMES, sharp=[2, 3, 5])
    columns = face_columns(FRAMES, shut=[2]) | hand_columns(FRAMES, left=[2, 5, 8], right=[2, 5, 8])
    found = scored(frames, **columns)  # 2: eyes shut, 3: no hands, 8: blurred
    assert found.best == 5
    assert found.score[5] == pytest.approx(1.0)
    assert max(found.score[[2, 3, 8]]) < 0.75


def test_of_equal_frames_the_earliest_is_taken():
    assert scored(pictures(FRAMES)).best == 0
    assert scored(np.zeros((FRAMES, 40, 40, 3), np.uint8)).best == 0  # nothing to be sharp


def test_frames_at_the_ends_of_a_longer_clip_count_less():
    found = scored(pictures(40))
    assert found.best == 5
    assert found.score.tolist() == 5 * [0.8] + 30 * [1.0] + 5 * [0.8]


def test_a_head_cut_off_by_the_edge_of_the_picture_is_worse():
    columns = face_columns(FRAMES)
    columns["face_box"][:4, 1] = -0.125  # half of its height of 0.25; above it is a quarter more for the hair
    found = scored(pictures(FRAMES), **columns)
    assert found.best == 4
    assert found.score[3] < 0.5


def test_what_nobody_knows_is_left_out():
    body = np.full((FRAMES, 99), np.nan, np.float16)
    found = scored(pictures(FRAMES), body_keypoints=body, face_box=None, hands_valid=None)
    assert found.eyes is None
    assert found.hands is None
    assert found.score.tolist() == FRAMES * [1.0]


def test_without_a_face_box_the_face_is_where_the_body_has_it():
    frames = pictures(FRAMES)
    frames[:3, :60] = cv2.GaussianBlur(frames[0], (0, 0), 3.0)[:60]
    body = np.full((FRAMES, 33, 3), 0.5)
    body[:, :11, 0], body[:, :11, 1] = np.linspace(0.35, 0.65, 11), np.linspace(0.1, 0.25, 11)
    assert scored(frames, body_keypoints=body.reshape(FRAMES, 99)).best == 3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.booleans(), min_size=FRAMES, max_size=FRAMES),
    st.lists(st.integers(0, FRAMES - 1)),
    st.lists(st.integers(0, FRAMES - 1)),
    st.lists(st.integers(0, FRAMES - 1)),
)
def test_every_score_lies_between_0_and_1(sharp, shut, unseen, seen):
    columns = face_columns(FRAMES, shut=shut, unseen=unseen) | hand_columns(FRAMES, left=seen, right=shut)
    found = scored(pictures(FRAMES, sharp=[i for i, each in enumerate(sharp) if each]), **columns)
    for part in (found.score, found.sharpness, found.eyes, found.hands):
        assert part is None or (np.isfinite(part).all() and part.min() >= 0 and part.max() <= 1 + 1e-9)
