"""How noisy a hand's landmarks are, taken from the hand's own residuals after a first fit.

Small, blurred or distant hands are measured several times worse than large sharp ones; with one noise for all
the smoother would trust the bad ones too much and blur the good ones.
"""

from dataclasses import replace

import numpy as np

from annotators.hands.fit.optimise import Optimum
from annotators.hands.fit.problem import Problem

# Medians of chi-square with 2 and 3 degrees of freedom, less what the fit itself takes out of the residuals
# (measured on benchmarks/hands/landmarks.py).
_PICTURE_MEDIAN, _SPACE_MEDIAN = 1.386 * 0.9**2, 2.366
_RANGE = (0.5, 8.0)  # no estimate is taken further from the supposed noise than this
_MIN_LANDMARKS = 210  # ten frames' worth, below which the supposed noise stands
_INFLATION_POWER = 0.4  # 0.5 would be right for averages; chosen on synthetic motions and rendered talkers
_MAX_CORRELATION = 0.9


def with_seen_noise(problem: Problem, found: Optimum) -> Problem:
    """The problem with its standard errors scaled, by hand, to what the residuals show.

    Errors that last from frame to frame average out less than the smoother supposes. With correlation c of
    successive residuals an average's variance is (1 + c) / (1 - c) times that of independent ones; standard
    errors grow by a power of that factor which was chosen by measurement.
    """
    if not problem.settings.adapt:
        return problem
    image_px, space_m = problem.image_std_px.copy(), problem.space_std_m.copy()
    for side in range(2):
        own = np.flatnonzero(problem.spans.side == side)
        if np.count_nonzero(problem.weight[own]) < _MIN_LANDMARKS:
            continue
        used, errors = problem.weight[own] > 0, found.errors
        image_px[own] *= _scale(errors.image_squared[own][used], _PICTURE_MEDIAN) * _lasting(
            errors.image_px[own], found.weight[own]
        )
        space_m[own] *= _scale(errors.space_squared[own][used], _SPACE_MEDIAN) * _lasting(
            errors.space_m[own], found.weight[own]
        )
    return replace(problem, image_std_px=image_px, space_std_m=space_m)


def _scale(squared: np.ndarray, expected: float) -> float:
    """Seen over supposed standard error."""
    return float(np.clip(np.sqrt(np.median(squared) / expected), *_RANGE))


def _lasting(residuals: np.ndarray, weight: np.ndarray) -> float:
    """What correlation over time adds to the standard errors; gaps count as frames without errors."""
    weighted = residuals * np.sqrt(weight)[..., None]
    power = np.sum(weighted**2)
    correlation = np.sum(weighted[1:] * weighted[:-1]) / power if power > 0 else 0.0
    held = float(np.clip(correlation, 0.0, _MAX_CORRELATION))
    return ((1 + held) / (1 - held)) ** _INFLATION_POWER
