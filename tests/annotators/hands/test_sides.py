"""Sides on made-up tracks: a person 512 x 704 pixels large, facing us, so their left hand is on our right."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.hands.backend import Detection
from annotators.hands.sides import SideCosts, assign_sides, distinct

SIZE = (512, 704)
SHAPE = np.random.default_rng(0).uniform(-40, 40, (21, 2))
SHAPE[[0, 9]] = [[0, 0], [0, -55]]  # wrist and middle knuckle
LEFT, RIGHT = (360.0, 400.0), (150.0, 400.0)


def hand(wrist_px: tuple[float, ...], label: str = "Left", score: float = 0.9) -> Detection:
    image = (np.array(wrist_px) + SHAPE) / SIZE
    return Detection(image.astype(np.float32), np.zeros(21), np.zeros((21, 3)), score, label)  # type: ignore[arg-type]


def body(
    left_px: tuple[float, ...] = LEFT,
    right_px: tuple[float, ...] = RIGHT,
    visible: tuple[float, float] = (1.0, 1.0),
) -> np.ndarray:
    """(33, 3) a pose with 150 px forearms."""
    pose = np.zeros((33, 3))
    pose[[11, 12], :2] = np.array([[350, 250], [150, 250]]) / SIZE
    pose[[13, 14], :2] = np.array([[left_px[0], left_px[1] + 150], [right_px[0], right_px[1] + 150]]) / SIZE
    pose[[15, 16], :2] = np.array([left_px, right_px]) / SIZE
    pose[:, 2] = 1.0
    pose[[15, 16], 2] = visible
    return pose


NO_BODY = np.full((33, 3), np.nan)


def test_the_nearest_wrist_of_the_body_names_the_side_in_any_order_under_any_label():
    frames = [[hand(LEFT, "Left"), hand(RIGHT, "Left")], [hand(RIGHT, "Right"), hand(LEFT, "Left")]]
    assert assign_sides(frames, np.stack([body()] * 2), SIZE).tolist() == [[0, 1], [1, 0]]


def test_a_single_hand_leaves_the_other_side_empty():
    assert assign_sides([[hand(RIGHT)]], body()[None], SIZE).tolist() == [[-1, 0]]


def test_a_strangers_hand_is_left_out_even_where_the_speakers_own_is_not_found():
    beside = (RIGHT[0] - 95.0, RIGHT[1])  # 0.63 forearms from the wrist
    assert assign_sides([[hand(beside), hand(LEFT)]], body()[None], SIZE).tolist() == [[1, -1]]


def test_a_hand_somewhat_off_the_bodys_wrist_is_the_speakers():
    beside = (RIGHT[0] - 75.0, RIGHT[1])  # half a forearm
    assert assign_sides([[hand(beside), hand(LEFT)]], body()[None], SIZE).tolist() == [[1, 0]]


def test_a_hand_at_a_wrist_that_the_body_does_not_see_is_left_out():
    pose = body(visible=(1.0, 0.2))
    assert assign_sides([[hand(LEFT), hand(RIGHT)]], pose[None], SIZE).tolist() == [[0, -1]]


def test_of_two_detections_of_one_hand_the_better_stays():
    frames = [[hand((362.0, 402.0), score=0.6), hand(LEFT, score=0.95)]]
    both_near = body(right_px=(340.0, 410.0))
    assert assign_sides(frames, both_near[None], SIZE).tolist() in ([[1, -1]], [[-1, 1]])


def test_hands_that_cross_keep_their_sides():
    xs = np.linspace(-100, 100, 21)
    lefts, rights = [(256.0 - x, 400.0) for x in xs], [(256.0 + x, 420.0) for x in xs]
    frames = [[hand(left), hand(right)] for left, right in zip(lefts, rights, strict=True)]
    frames = [frame[::-1] if number % 2 else frame for number, frame in enumerate(frames)]
    poses = np.stack([body(left, right) for left, right in zip(lefts, rights, strict=True)])
    wanted = [[1, 0] if number % 2 else [0, 1] for number in range(21)]
    # at the crossing the hands lie on each other, and one of them counts as a double
    apart = [number for number in range(21) if abs(xs[number]) > 15]
    assert assign_sides(frames, poses, SIZE)[apart].tolist() == [wanted[number] for number in apart]


def test_continuity_names_the_sides_where_the_body_is_lost():
    frames = [[hand(LEFT), hand(RIGHT)]] + [[hand(RIGHT), hand(LEFT)]] * 5
    poses = np.stack([body(), *[NO_BODY] * 5])
    assert assign_sides(frames, poses, SIZE).tolist() == [[0, 1]] + [[1, 0]] * 5


def test_a_body_that_returns_names_the_frames_before_it_too():
    frames = [[hand(RIGHT, "Right"), hand(LEFT, "Left")]] * 6  # both labels wrong
    poses = np.stack([*[NO_BODY] * 5, body()])
    assert assign_sides(frames, poses, SIZE).tolist() == [[1, 0]] * 6


def test_a_hand_is_taken_up_again_after_a_gap():
    frames = [[hand(LEFT)]] * 3 + [[]] * 4 + [[hand((340.0, 390.0), "Right")]]
    poses = np.stack([body()] * 3 + [NO_BODY] * 5)
    assert assign_sides(frames, poses, SIZE)[-1].tolist() == [0, -1]


@pytest.mark.parametrize(("label", "wanted"), [("Left", [-1, 0]), ("Right", [0, -1])])
def test_without_any_body_the_label_counts_the_other_way_round(label: str, wanted: list[int]):
    assert assign_sides([[hand(LEFT, label)]], None, SIZE).tolist() == [wanted]


FITS_LEFT, FITS_RIGHT = [0.1, 0.4], [0.4, 0.1]  # what is left over when posed as left and as right


def test_the_pose_of_the_fingers_names_the_side_against_the_label():
    frames = [[hand(LEFT, "Left"), hand(RIGHT, "Right")]]  # both labels wrong
    residuals = [np.array([FITS_LEFT, FITS_RIGHT])]
    assert assign_sides(frames, None, SIZE, residuals=residuals).tolist() == [[0, 1]]


def test_the_pose_of_the_fingers_decides_between_hands_that_lie_together():
    near = (LEFT[0] - 30.0, LEFT[1])
    frames, pose = [[hand(LEFT), hand(near)]], body(LEFT, (LEFT[0] - 20.0, LEFT[1]))
    fits = [np.array([FITS_RIGHT, FITS_LEFT])]
    costs = SideCosts(duplicate=0.1)
    assert assign_sides(frames, pose[None], SIZE, costs).tolist() == [[0, 1]]
    assert assign_sides(frames, pose[None], SIZE, costs, fits).tolist() == [[1, 0]]


def test_the_bodys_wrist_outweighs_fingers_that_fit_the_other_side():
    frames = [[hand(LEFT), hand(RIGHT)]]
    residuals = [np.array([FITS_RIGHT, FITS_LEFT])]
    assert assign_sides(frames, body()[None], SIZE, residuals=residuals).tolist() == [[0, 1]]


def test_fingers_that_tell_nothing_change_nothing():
    frames = [[hand(LEFT, "Right"), hand(RIGHT, "Left")]]
    assert assign_sides(frames, None, SIZE, residuals=[np.full((2, 2), np.nan)]).tolist() == [[0, 1]]


def test_a_source_without_labels_is_sided_by_the_body():
    frames = [[replace(hand(RIGHT), label=None), replace(hand(LEFT), label=None)]]
    assert assign_sides(frames, body()[None], SIZE).tolist() == [[1, 0]]


def test_a_hand_on_an_arm_that_jumps_between_two_people_is_left_out():
    poses = np.stack([body()] * 30)
    poses[::2, 13, :2] += np.array([70, 0]) / SIZE  # the left elbow
    assert (assign_sides([[hand(LEFT), hand(RIGHT)]] * 30, poses, SIZE) == [-1, 1]).all()


def test_a_wrist_of_the_body_that_leaps_to_a_stranger_for_some_frames_takes_no_hand_along():
    stranger, away = (480.0, 300.0), (480.0, 300.0)
    frames = [[hand(LEFT), hand(stranger)]] * 20
    poses = np.stack([body()] * 8 + [body(left_px=away)] * 8 + [body()] * 4)
    poses[:, 13] = body()[13]  # the elbow stays
    assert (assign_sides(frames, poses, SIZE) == [0, -1]).all()


def test_a_double_is_counted_once():
    frame = [hand((362.0, 402.0), score=0.6), hand(LEFT, score=0.95), hand(RIGHT)]
    assert distinct(frame, SIZE, 0.25) == [1, 2]


def test_clips_without_hands_or_frames_have_no_sides():
    assert assign_sides([[], []], body()[None].repeat(2, axis=0), SIZE).tolist() == [[-1, -1]] * 2
    assert assign_sides([], None, SIZE).shape == (0, 2)


@settings(max_examples=50, deadline=None)
@given(
    places=st.lists(
        st.tuples(st.floats(300, 450), st.floats(300, 500), st.floats(60, 210), st.floats(300, 500)),
        min_size=1,
        max_size=6,
    ),
    with_body=st.booleans(),
)
def test_mirroring_the_picture_swaps_the_sides(places: list[tuple[float, ...]], with_body: bool):
    lefts, rights = [place[:2] for place in places], [place[2:] for place in places]
    frames = [[hand(left, "Right"), hand(right, "Left")] for left, right in zip(lefts, rights, strict=True)]
    mirrored = [[mirror(one) for one in frame] for frame in frames]
    poses = np.stack([body(left, right) for left, right in zip(lefts, rights, strict=True)])
    swapped = [body(flip(right), flip(left)) for left, right in zip(lefts, rights, strict=True)]
    assert (assign_sides(frames, poses if with_body else None, SIZE) == [0, 1]).all()
    assert (assign_sides(mirrored, np.stack(swapped) if with_body else None, SIZE) == [1, 0]).all()


def flip(place: tuple[float, ...]) -> tuple[float, ...]:
    return (SIZE[0] - place[0], place[1])


def mirror(one: Detection) -> Detection:
    """What MediaPipe would see in the mirrored picture."""
    image = one.image * np.array([-1, 1], np.float32) + np.array([1, 0], np.float32)
    return Detection(image, one.depth, one.world, one.score, "Left" if one.label == "Right" else "Right")
