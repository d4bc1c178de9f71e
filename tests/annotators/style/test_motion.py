import numpy as np
import pytest

from annotators.style.motion import Motion, MotionRule, measure_motion
from datasets.motion.windows import motion_sums
from tests.annotators.style.hands import dancing, gesturing, still

RULE = MotionRule()
FRAMES = 250
TIMES_S = np.arange(FRAMES) * 0.04


def circling(period_s: float, radius_m: float) -> np.ndarray:
    """(T, 2, 3): the left hand in a circle, the right at rest."""
    places = np.zeros((FRAMES, 2, 3))
    places[:, 0, 0] = radius_m * np.cos(2 * np.pi * TIMES_S / period_s)
    places[:, 0, 1] = radius_m * np.sin(2 * np.pi * TIMES_S / period_s)
    return places


def measured(places: np.ndarray, seen: np.ndarray | None = None) -> Motion:
    return measure_motion(motion_sums(places, np.ones((FRAMES, 2), bool) if seen is None else seen), RULE)


def test_a_circle_has_its_period_and_speed():
    motion = measured(circling(1.0, 0.15))
    assert motion.period_s == pytest.approx(1.0)
    assert motion.periodic > 0.98
    assert motion.speed_m_s == pytest.approx(2 * np.pi * 0.15, rel=0.03)


def test_frames_in_which_the_hand_was_lost_are_bridged():
    seen = np.random.default_rng(0).random((FRAMES, 2)) > 0.2
    motion = measured(circling(1.2, 0.15), seen)
    assert motion.period_s == pytest.approx(1.2, abs=0.05)
    assert motion.periodic > 0.95


def test_one_slow_move_is_no_repetition():
    places = np.zeros((FRAMES, 2, 3))
    places[:, 0, 0] = 0.5 / (1 + np.exp(-2 * (TIMES_S - 5)))
    assert measured(places).periodic < 0.3


def test_hands_at_rest_have_no_speed_though_their_measure_jitters():
    assert measure_motion(still(10, np.random.default_rng(0)), RULE).speed_m_s < 0.1


def test_a_dance_repeats_and_a_talker_does_not():
    randoms = [np.random.default_rng(seed) for seed in range(8)]
    danced = [measure_motion(dancing(10, 0.5, random), RULE) for random in randoms]
    talked = [measure_motion(gesturing(10, random), RULE) for random in randoms]
    assert min(each.periodic for each in danced) > np.median([each.periodic for each in talked]) + 0.3
    assert min(each.speed_m_s for each in danced) > max(each.speed_m_s for each in talked)


@pytest.mark.parametrize(
    "sums", [None, np.zeros((0, 14)), motion_sums(np.zeros((2, 2, 3)), np.ones((2, 2), bool))]
)
def test_hands_that_nobody_saw_tell_nothing(sums):
    assert measure_motion(sums, RULE) == Motion(None, None, None)


def test_a_hand_seen_in_less_than_half_of_the_frames_does_not_count():
    seen = np.zeros((FRAMES, 2), bool)
    seen[:100, 0] = True
    assert measured(circling(1.0, 0.15), seen) == Motion(None, None, None)
