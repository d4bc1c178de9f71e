import numpy as np
import pytest

from annotators.hands.fit import FitSettings, fit_clip
from benchmarks.hands.hand_errors import hand_errors
from benchmarks.hands.motions import motions
from benchmarks.hands.noise import NoiseModel, measured
from tests.annotators.hands.fit.scenes import CAMERA, MODEL

NOISY = NoiseModel(image_share=0.08, across_m=0.016, depth_m=0.04)
LASTING = NoiseModel(image_share=0.06, across_m=0.012, depth_m=0.03, correlation=0.8)


@pytest.mark.parametrize("noise", [NOISY, LASTING], ids=["strong", "lasting"])
def test_taking_the_noise_from_the_residuals_steadies_hands_that_are_worse_than_supposed(noise: NoiseModel):
    pair = motions(MODEL, 120, seed=3)
    hands = [measured(motion, CAMERA, noise, seed=3) for motion in pair]
    medians = []
    for adapt in (True, False):
        fit = fit_clip(MODEL, *hands, CAMERA, FitSettings(adapt=adapt))
        errors = [
            hand_errors(motion, hand.keypoints, hand.rotations).acceleration_mm
            for motion, hand in zip(pair, fit.hands, strict=True)
        ]
        medians.append(np.median(np.concatenate(errors)))
    assert medians[0] < 0.9 * medians[1]
