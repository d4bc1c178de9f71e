import numpy as np
import pytest

from annotators.hands.arms import Arms
from annotators.hands.runs import wrist_distances

SHAPE = np.random.default_rng(0).uniform(-40, 40, (21, 2))
SHAPE[0] = 0  # the wrist
LEFT, RIGHT = np.array([300.0, 400.0]), np.array([200.0, 400.0])


def hands(*wrists: np.ndarray) -> np.ndarray:
    return np.array([wrist + SHAPE for wrist in wrists]).reshape(-1, 21, 2)


def arms(frames: int, left: np.ndarray = LEFT, visible: float = 1.0) -> Arms:
    """Forearms of 100 px; the left wrist where it is told, (2,) or (T, 2)."""
    wrists = np.stack([np.broadcast_to(left, (frames, 2)), np.broadcast_to(RIGHT, (frames, 2))], axis=1)
    return Arms(wrists, wrists, np.full((frames, 2), visible), 100.0)


def test_distances_are_in_forearms_left_then_right():
    found = wrist_distances([hands(LEFT, RIGHT)], arms(1), 0.5)
    assert found[0] == pytest.approx(np.array([[0, 1], [1, 0]]))


def test_a_hand_stays_near_while_the_wrist_leaps_away_and_a_far_one_stays_far():
    stranger = np.array([480.0, 200.0])
    left = np.tile(LEFT, (60, 1))
    left[28:32] = stranger
    found = np.array(wrist_distances([hands(LEFT, stranger)] * 60, arms(60, left), 0.5))
    assert found[:, 0, 0] == pytest.approx(0)
    assert (found[:, 1, 0] > 2).all()


def test_hands_that_change_places_in_the_list_are_followed():
    left = np.tile(LEFT, (20, 1))
    left[10] += 300
    points = [hands(LEFT, RIGHT) if frame % 2 else hands(RIGHT, LEFT) for frame in range(20)]
    found = wrist_distances(points, arms(20, left), 0.5)
    assert found[10][1, 0] == pytest.approx(0)
    assert found[10][0, 1] == pytest.approx(0)


def test_a_gap_ends_the_run():
    left = np.tile(LEFT, (3, 1))
    left[2] += [300, 400]
    found = wrist_distances([hands(LEFT), hands(), hands(LEFT)], arms(3, left), 0.5)
    assert found[2][0, 0] == pytest.approx(5)


def test_hidden_wrists_are_infinitely_far_and_unknown_ones_unknown():
    assert np.isinf(wrist_distances([hands(LEFT)], arms(1, visible=0.2), 0.5)[0]).all()
    unknown = Arms(np.full((1, 2, 2), np.nan), np.full((1, 2, 2), np.nan), np.full((1, 2), np.nan), 100.0)
    assert np.isnan(wrist_distances([hands(LEFT)], unknown, 0.5)[0]).all()


def test_frames_in_which_the_body_is_lost_keep_the_runs_distance():
    left = np.tile(LEFT, (6, 1))
    left[3:] = np.nan
    assert wrist_distances([hands(LEFT)] * 6, arms(6, left), 0.5)[5][0, 0] == pytest.approx(0)


def test_no_hands_and_no_frames():
    assert wrist_distances([hands()], arms(1), 0.5)[0].shape == (0, 2)
    assert wrist_distances([], arms(0), 0.5) == []
