"""The fit of the score's constants."""

import numpy as np
import pytest

from benchmarks.active_speaker.fit import fitted, log_loss
from tests.benchmarks.active_speaker.test_pairs import spoken


def test_knowing_nothing_loses_log_two():
    assert log_loss(np.zeros(10), np.arange(10) < 3) == pytest.approx(np.log(2))


def test_own_and_others_count_alike_however_many_there_are():
    odds, own = np.array([2.0, -1.0, -1.0, -1.0]), np.array([True, False, False, False])
    assert log_loss(odds, own) == pytest.approx(log_loss(odds[:2], own[:2]))


def test_strength_speaks_for_ones_own_sound_and_the_same_talkers_give_the_same_constants():
    talkers = [spoken(seed, 4 + seed % 3) for seed in range(5)]
    certainty = fitted(talkers)
    assert certainty.strength > 0.2
    assert certainty.offset < 0
    assert fitted(talkers) == certainty
