import numpy as np
import pytest

from annotators.hands.arms import speaker_arms
from annotators.hands.backend import Detection

SIZE = (512, 704)


def body(frames: int = 30, elbow_px: np.ndarray | None = None) -> np.ndarray:
    """(T, 33, 3) a still pose with 150 px forearms, but for the left elbow where it is told."""
    pose = np.ones((frames, 33, 3))
    places = {11: (350, 250), 12: (150, 250), 13: (360, 550), 14: (150, 550), 15: (360, 400), 16: (150, 400)}
    for point, place in places.items():
        pose[:, point, :2] = np.array(place) / SIZE
    if elbow_px is not None:
        pose[:, 13, :2] = elbow_px / SIZE
    return pose


def jumping(frames: int, step_px: float) -> np.ndarray:
    """(T, 2) an elbow that goes to and fro."""
    return np.array([360.0, 550.0]) + step_px * np.array([[frame % 2, 0] for frame in range(frames)])


def test_arms_are_in_pixels_left_then_right():
    arms = speaker_arms(body(2), [[], []], SIZE)
    assert arms.wrists_px[0] == pytest.approx(np.array([[360, 400], [150, 400]]))
    assert arms.elbows_px[0] == pytest.approx(np.array([[360, 550], [150, 550]]))
    assert arms.forearm_px == pytest.approx(150)
    assert (arms.visible == 1).all()


def test_an_arm_that_jumps_about_is_not_believed_and_the_other_one_is():
    arms = speaker_arms(body(30, jumping(30, 60)), [[]] * 30, SIZE)
    assert arms.visible.tolist() == [[0, 1]] * 30


def test_an_arm_that_moves_fast_is_believed():
    swing = np.array([360.0, 550.0]) + 80 * np.sin(np.arange(30) * 2 * np.pi * 2 / 25)[:, None]
    assert (speaker_arms(body(30, swing), [[]] * 30, SIZE).visible == 1).all()


def test_only_the_time_about_the_jumps_is_lost():
    elbow = np.concatenate([jumping(30, 60), np.tile([360.0, 550.0], (70, 1))])
    visible = speaker_arms(body(100, elbow), [[]] * 100, SIZE).visible[:, 0]
    assert (visible[:30] == 0).all()
    assert (visible[60:] == 1).all()


def test_a_few_frames_do_not_condemn_an_arm():
    assert (speaker_arms(body(6, jumping(6, 200)), [[]] * 6, SIZE).visible == 1).all()


def test_without_a_body_the_hands_give_the_size():
    image = np.zeros((21, 2))
    image[9] = [0, 50 / 704]
    hand = Detection(image, np.zeros(21), np.zeros((21, 3)), 1.0, None)
    arms = speaker_arms(None, [[hand]], SIZE)
    assert arms.forearm_px == pytest.approx(130)
    assert np.isnan(arms.wrists_px).all()


def test_a_clip_without_frames_has_no_arms():
    assert speaker_arms(None, [], SIZE).visible.shape == (0, 2)
