import numpy as np
import pytest

from annotators.hands.landmarks import spatial_landmarks
from datasets.hand.camera import Camera

CAMERA = Camera(900.0, 256.0, 352.0)
HAND = np.random.default_rng(0).normal(0, 0.05, (1, 21, 3))


def seen_at(middle_px: tuple[float, float]) -> np.ndarray:
    """(1, 21, 2) the hand drawn at 1000 px a metre around a point of the picture."""
    across = HAND[..., :2] - HAND[..., :2].mean(axis=1, keepdims=True)
    return 1000 * across + np.array(middle_px)


def test_picture_and_depth_share_one_scale():
    depth_px = 1000 * HAND[..., 2]
    found = spatial_landmarks(seen_at((256, 352)), depth_px, HAND, CAMERA)
    wanted = 1000 * (HAND - HAND.mean(axis=1, keepdims=True)) * [1, 1, 0.7 + 0.5]
    assert found == pytest.approx(wanted)


def test_a_hand_beside_the_middle_is_turned_by_the_angle_of_its_ray():
    depth_px = 1000 * HAND[..., 2]
    middle = spatial_landmarks(seen_at((256, 352)), depth_px, HAND, CAMERA)
    aside = spatial_landmarks(seen_at((256 + 900, 352)), depth_px, HAND, CAMERA)  # 45 degrees to the right
    half = np.sqrt(0.5)
    turn = np.array([[half, 0, half], [0, 1, 0], [-half, 0, half]])
    assert aside == pytest.approx(middle @ turn.T)


def test_a_frame_without_a_hand_stays_nan():
    nothing = np.full((1, 21, 3), np.nan)
    assert np.isnan(spatial_landmarks(nothing[..., :2], nothing[..., 0], nothing, CAMERA)).all()
