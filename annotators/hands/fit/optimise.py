"""Levenberg-Marquardt on a whole clip: all frames of both hands, shape and gains in one step.

The estimate is the maximum of the posterior: Gaussian priors on angles, shape, gains and accelerations, and
landmark errors under Geman and McClure's robust loss c^2 e^2 / (c^2 + e^2), e in standard errors over the
picture and space together, handled by iterated reweighting (Black and Rangarajan 1996).
"""

from dataclasses import dataclass

import numpy as np

from annotators.hands.fit import banded
from annotators.hands.fit.hand_arrays import HandArrays
from annotators.hands.fit.normal import MIN_DEPTH_M, normal_equations
from annotators.hands.fit.priors import AnglePrior, Smoothness
from annotators.hands.fit.problem import Problem
from annotators.hands.fit.state import State
from datasets.hand.model import N_BETAS

_FIRST_DAMPING, _LESS, _MORE = 1e-3, 0.1, 10.0
_WIDE = (3.0, 1.5)  # the robust scale's factor in the first steps, when errors are the start's own
_DONE_RAD = 2e-3
_MIN_PRECISION = 1e-9  # keeps a frame without any landmark solvable


@dataclass(frozen=True)
class Errors:
    """How far the measured landmarks are from a state's."""

    image_px: np.ndarray  # (S, 21, 2) measured - posed
    space_m: np.ndarray  # (S, 21, 3) measured - gains x posed, about their weighted mean
    centre: np.ndarray  # (S, 3) weighted mean of the posed landmarks
    image_squared: np.ndarray  # (S, 21) in supposed standard errors
    space_squared: np.ndarray  # (S, 21) likewise

    @property
    def squared(self) -> np.ndarray:
        """(S, 21) of both together."""
        return self.image_squared + self.space_squared


@dataclass(frozen=True)
class Optimum:
    """The end of the iterations."""

    state: State
    errors: Errors
    weight: np.ndarray  # (S, 21) robust weight times the given one
    steps: int


class Optimiser:
    """The cost of one clip and the way down it."""

    def __init__(self, problem: Problem):
        self._problem = problem
        self._free = problem.hand.free_joint, problem.hand.free_axis
        self._n = 6 + len(problem.hand.free_joint)
        self._angle_prior = AnglePrior(problem)
        self._smoothness = Smoothness(problem.spans, problem.settings, len(problem.hand.free_joint))
        self._shared_precision = _shared_precision(problem)

    def run(self, state: State, *, max_steps: int, alone: bool = False) -> Optimum:
        """The optimum from a start; alone: of the poses, shape and gains held, the loss wide at first."""
        damping, weight, steps = _FIRST_DAMPING, self._problem.weight, 0
        for steps in range(max_steps):
            scale = self._problem.settings.robust_scale * (
                _WIDE[steps] if alone and steps < len(_WIDE) else 1
            )
            errors = self._errors(state, weight)
            weight = self._weight(errors, scale)
            step = self._step(state, errors, weight, damping, alone=alone)
            moved = None if step is None else state.moved(self._problem.hand, *step)
            if step is None or moved is None or not self._descends(state, errors, moved, weight, scale):
                damping *= _MORE
                continue
            state, damping = moved, damping * _LESS
            if np.abs(step[0][:, :-3]).max() < _DONE_RAD:
                break
        errors = self._errors(state, weight)
        weight = self._weight(errors, self._problem.settings.robust_scale)
        return Optimum(state, errors, weight, steps + 1)

    def variance(self, found: Optimum) -> np.ndarray:
        """(S, 6 + A) of global rotation, free angles and translation; NaN where there is no answer."""
        factored, _, _ = self._system(found.state, found.errors, found.weight, 0.0, alone=False)
        if factored is None:
            return np.full((len(found.weight), self._n), np.nan)
        return banded.variances(factored, self._n)[0]

    def _descends(self, state: State, errors: Errors, moved: State, weight: np.ndarray, scale: float) -> bool:
        return self._cost(moved, self._errors(moved, weight), scale) <= self._cost(state, errors, scale)

    def _errors(self, state: State, weight: np.ndarray) -> Errors:
        problem = self._problem
        posed = state.landmarks(problem.hand)
        depth = np.maximum(posed[..., 2:], MIN_DEPTH_M)
        centre_px = np.array([problem.camera.centre_x_px, problem.camera.centre_y_px])
        image_px = problem.image_px - centre_px - problem.camera.focal_px * posed[..., :2] / depth
        gains = state.gains[problem.spans.side][:, None, [0, 0, 1]]
        share = weight / np.maximum(weight.sum(axis=1, keepdims=True), _MIN_PRECISION)
        centre = (share[..., None] * posed).sum(axis=1)
        space_m = problem.points - gains * posed
        space_m = space_m - (share[..., None] * space_m).sum(axis=1, keepdims=True)
        image_squared = np.sum(image_px**2, axis=-1) / problem.image_std_px[:, None] ** 2
        space_squared = np.sum((space_m / problem.space_std_m[:, None]) ** 2, axis=-1)
        return Errors(image_px, space_m, centre, image_squared, space_squared)

    def _weight(self, errors: Errors, scale: float) -> np.ndarray:
        if not self._problem.settings.robust:
            return self._problem.weight
        return self._problem.weight / (1 + errors.squared / scale**2) ** 2

    def _cost(self, state: State, errors: Errors, scale: float) -> float:
        robust = self._problem.settings.robust
        loss = errors.squared / (1 + errors.squared / scale**2) if robust else errors.squared
        angles = state.angles[:, *self._free]
        shared = self._shared_offset(state)
        return float(
            np.sum(self._problem.weight * loss)
            + self._angle_prior.pull(angles).cost
            + self._smoothness.pull(state, angles).cost
            + shared @ self._shared_precision @ shared
        )

    def _step(
        self, state: State, errors: Errors, weight: np.ndarray, damping: float, *, alone: bool
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """A step of every frame (S, n) and of what they share (14,); the latter zero where poses move alone."""
        factored, right, shared_right = self._system(state, errors, weight, damping, alone=alone)
        if factored is None:
            return None
        step, shared = banded.solve(factored, right, shared_right)
        return step, np.zeros(len(self._shared_precision)) if alone else shared

    def _system(
        self, state: State, errors: Errors, weight: np.ndarray, damping: float, *, alone: bool
    ) -> tuple[banded.Factor | None, np.ndarray, np.ndarray]:
        """The factored normal equations about a state and their right-hand sides (S, n) and (14,).

        Alone: shape and gains are held, and their part is empty.
        """
        n = self._n
        normal, gradient = self._landmark_terms(state, errors, weight)
        angles = state.angles[:, *self._free]
        prior, smooth = self._angle_prior.pull(angles), self._smoothness.pull(state, angles)
        own, next_one, next_two = self._smoothness.coupling(len(state.turns))
        diagonal = own + smooth.curvature + _MIN_PRECISION
        diagonal[:, 3:-3] += prior.curvature
        blocks = normal[:, :n, :n].copy()
        index = np.arange(n)
        blocks[:, index, index] = (1 + damping) * (blocks[:, index, index] + diagonal)
        right = gradient[:, :n] + smooth.gradient
        right[:, 3:-3] += prior.gradient
        border, corner, shared = self._shared_terms(normal, gradient)
        corner += self._shared_precision
        shared -= self._shared_precision @ self._shared_offset(state)
        if alone:
            border, corner, shared = border[..., :0], corner[:0, :0], shared[:0]
        return banded.factor(blocks, next_one, next_two, border, corner), right, shared

    def _shared_offset(self, state: State) -> np.ndarray:
        """(14,) betas and gains less their means."""
        means = np.array([1.0, self._problem.settings.depth_gain])
        return np.concatenate([state.betas, (state.gains - means).ravel()])

    def _landmark_terms(
        self, state: State, errors: Errors, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        problem = self._problem
        return normal_equations(
            problem.hand,
            *state.shaped(problem.hand),
            state.turns,
            state.angles,
            state.translation,
            state.gains[problem.spans.side],
            problem.camera.focal_px,
            weight / problem.image_std_px[:, None] ** 2,
            weight[..., None] / problem.space_std_m[:, None] ** 2,
            errors.image_px,
            errors.space_m,
            errors.centre,
        )

    def _shared_terms(
        self, normal: np.ndarray, gradient: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Border (S, n, 14), corner (14, 14) and gradient (14,): a frame knows betas and its side's gains."""
        n, side = self._n, self._problem.spans.side
        border = np.zeros((len(side), n, N_BETAS + 4))
        corner, shared = np.zeros((N_BETAS + 4,) * 2), np.zeros(N_BETAS + 4)
        for number in range(2):
            own = np.flatnonzero(side == number)
            where = np.r_[:N_BETAS, N_BETAS + 2 * number + np.arange(2)]
            border[np.ix_(own, np.arange(n), where)] = normal[own, :n, n:]
            corner[np.ix_(where, where)] += normal[own, n:, n:].sum(axis=0)
            shared[where] += gradient[own, n:].sum(axis=0)
        if not self._problem.settings.shape:
            border[..., :N_BETAS] = corner[:N_BETAS] = corner[:, :N_BETAS] = shared[:N_BETAS] = 0.0
        return border, corner, shared


def _shared_precision(problem: Problem) -> np.ndarray:
    """(14, 14) prior precision of betas and gains; the overall size is all but fixed.

    One camera cannot tell a small hand from a far one. What little perspective says about it hangs on
    the focal length, which is a guess, and smoothness would always rather have the smaller hand.
    """
    settings = problem.settings
    precision = np.diag(np.r_[np.full(N_BETAS, settings.betas_std**-2), np.full(4, settings.gain_std**-2)])
    size = _size_direction(problem.hand)
    precision[:N_BETAS, :N_BETAS] += np.outer(size, size) * settings.size_std**-2
    return precision


def _size_direction(hand: HandArrays) -> np.ndarray:
    """(10,) relative growth of the flat hand's landmarks with each beta."""
    places = np.concatenate([hand.joints, hand.tips])
    dirs = np.concatenate([hand.joint_dirs, hand.tip_dirs])
    centred = places - places.mean(axis=0)
    return np.einsum("ka,kab->b", centred, dirs) / np.sum(centred**2)
