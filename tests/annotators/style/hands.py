"""Wrists whose motion is known, as the column `motion_sums`: gestures of a talker, a singer's sway, a dance."""

import numpy as np

from datasets.frame import CLIP_RATE_HZ
from datasets.motion.windows import motion_sums
from datasets.talker.gestures import move_hands
from datasets.talker.script import write_script

_NOISE_M = 0.004  # of a wrist as it is measured


def gesturing(seconds: float, random: np.random.Generator) -> np.ndarray:
    """(T, 14) of the rendered talker."""
    script = write_script(seconds, 1, CLIP_RATE_HZ, random)
    return as_measured(move_hands(script, random).wrist, random)


def swaying(seconds: float, random: np.random.Generator) -> np.ndarray:
    """(T, 14) of hands that drift about by some centimetres, twice in five seconds at the most."""
    times = np.arange(round(seconds * CLIP_RATE_HZ)) / CLIP_RATE_HZ
    rates, phases = random.uniform(0.05, 0.4, (4, 2, 3)), random.uniform(0, 2 * np.pi, (4, 2, 3))
    waves = np.sin(2 * np.pi * rates * times[:, None, None, None] + phases).sum(axis=1)
    return as_measured(random.uniform(0.01, 0.05) * waves, random)


def dancing(seconds: float, beat_s: float, random: np.random.Generator) -> np.ndarray:
    """(T, 14) of steps of one, two or four beats on both hands, none quite like the one before."""
    period_s = beat_s * random.choice([1, 2, 4] if beat_s > 0.45 else [2, 4])
    times = np.arange(round(seconds * CLIP_RATE_HZ)) / CLIP_RATE_HZ
    knots = np.arange(0.0, seconds + 2, 2)
    late_s = np.interp(times, knots, random.normal(0, 0.02, len(knots)))
    swell = np.interp(times, knots, random.uniform(0.75, 1.25, len(knots)))
    phase = 2 * np.pi * (times + late_s) / period_s
    size = random.uniform(0.10, 0.20) * max(period_s, 0.8)
    places = np.zeros((len(times), 2, 3))
    for part in np.array_split(
        np.arange(len(times)), random.integers(1, 3)
    ):  # one figure, or one after the other
        for harmonic, share in ((1, 1.0), (2, 0.5), (3, 0.2)):
            way, shift = random.normal(0, 1, (2, 3)), random.uniform(0, 2 * np.pi, (2, 3))
            places[part] += share * way * np.sin(harmonic * phase[part, None, None] + shift)
    return as_measured(size * swell[:, None, None] * places / 1.5, random, lost=0.1)


def still(seconds: float, random: np.random.Generator) -> np.ndarray:
    """(T, 14) of hands at rest."""
    return as_measured(np.zeros((round(seconds * CLIP_RATE_HZ), 2, 3)), random)


def as_measured(places: np.ndarray, random: np.random.Generator, lost: float = 0.03) -> np.ndarray:
    """(T, 14) of places (T, 2, 3) in metres, with noise; in a share of the frames a hand is lost."""
    noisy = places + random.normal(0, _NOISE_M, places.shape)
    return motion_sums(noisy, random.random(places.shape[:2]) >= lost)
