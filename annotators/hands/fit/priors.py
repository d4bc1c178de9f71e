"""What is known of hands before measuring: how joints bend, how far, and how smoothly they move."""

from dataclasses import dataclass

import numpy as np

from annotators.hands.anatomy import angle_prior, rotation_limits
from annotators.hands.fit.problem import Problem
from annotators.hands.fit.settings import FitSettings
from annotators.hands.fit.spans import Spans
from annotators.hands.fit.start import angles_of
from annotators.hands.fit.state import State
from datasets.hand.rotations import matrix_to_axis_angle

_UNSMOOTHED = 1e-4  # share of the smoothness left without a smoother: enough to carry a hand across gaps


@dataclass(frozen=True)
class Pull:
    """A quadratic term of the cost about the present state."""

    cost: float
    gradient: np.ndarray  # (S, n) of minus half the cost
    curvature: np.ndarray  # (S, n) diagonal


class AnglePrior:
    """A Gaussian on each free angle, soft limits, and a backend's own angles where there are any."""

    def __init__(self, problem: Problem):
        settings, hand = problem.settings, problem.hand
        free = hand.free_joint, hand.free_axis
        mean, std = angle_prior()
        lowest, highest = rotation_limits()
        self._lowest, self._highest = lowest[free], highest[free]
        self._limit_precision = settings.limit_std_rad**-2
        own = settings.prior_strength / std[free] ** 2
        given = angles_of(hand, problem.rotations[:, 1:])[:, free[0], free[1]]
        told = np.isfinite(given) * settings.backend_std_rad**-2
        self._precision = own + told
        self._mean = (own * mean[free] + told * np.nan_to_num(given)) / self._precision

    def pull(self, angles: np.ndarray) -> Pull:
        """Of free angles (S, A)."""
        off = angles - self._mean
        beyond = angles - np.clip(angles, self._lowest, self._highest)
        cost = np.sum(self._precision * off**2) + self._limit_precision * np.sum(beyond**2)
        gradient = -self._precision * off - self._limit_precision * beyond
        return Pull(float(cost), gradient, self._precision + self._limit_precision * (beyond != 0))


class Smoothness:
    """Second differences over time are Gaussian about zero: white accelerations, frame by frame."""

    def __init__(self, spans: Spans, settings: FitSettings, n_free: int):
        deviations = [
            np.full(3, settings.turn_acceleration_rad),
            np.full(n_free, settings.finger_acceleration_rad),
            np.full(3, settings.shift_acceleration_m),
        ]
        self._precision = np.concatenate(deviations) ** -2.0 * (1.0 if settings.smooth else _UNSMOOTHED)
        follows = spans.follows
        self._triples = np.flatnonzero(follows[1:] & follows[:-1]) if len(follows) else np.zeros(0, int)
        self._follows = follows

    def coupling(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(S, n) each: the diagonal, and the coupling of a frame to the next and to the one after."""
        own, next_one, next_two = np.zeros(count), np.zeros(count), np.zeros(count)
        first = self._triples
        for offset, value in ((0, 1.0), (1, 4.0), (2, 1.0)):
            own[first + offset] += value
        for offset in (0, 1):
            next_one[first + offset] -= 2.0
        next_two[first] += 1.0
        return tuple(values[:, None] * self._precision for values in (own, next_one, next_two))

    def pull(self, state: State, angles: np.ndarray) -> Pull:
        """Of a state with free angles (S, A)."""
        turned = matrix_to_axis_angle(np.swapaxes(state.turns[:-1], -1, -2) @ state.turns[1:])
        moved = np.concatenate([turned, np.diff(angles, axis=0), np.diff(state.translation, axis=0)], axis=1)
        bent = (moved[1:] - moved[:-1])[self._triples] * self._precision
        gradient = np.zeros((len(angles), len(self._precision)))
        for offset, value in ((0, -1.0), (1, 2.0), (2, -1.0)):
            gradient[self._triples + offset] += value * bent
        cost = float(np.sum(bent**2 / self._precision))
        return Pull(cost, gradient, np.zeros_like(gradient))
