"""From the landmarks of both hands over a clip to MANO parameters: the whole of the fit."""

from functools import lru_cache

import numpy as np

from annotators.hands.fit.clip import ClipFit, FittedHand, HandObservations
from annotators.hands.fit.hand_arrays import HandArrays, hand_arrays
from annotators.hands.fit.noise import with_seen_noise
from annotators.hands.fit.optimise import Optimiser, Optimum
from annotators.hands.fit.problem import Problem, problem
from annotators.hands.fit.settings import FitSettings
from annotators.hands.fit.start import start
from datasets.hand.camera import Camera
from datasets.hand.model import N_BETAS, SIDES, HandModel, Side
from datasets.hand.rotations import (
    MIRROR_POINT,
    axis_angle_to_matrix,
    make_sign_continuous,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    mirror_matrix,
)

_POSE_STEPS = 3  # before shape and gains move: a noisy start would throw them far


def fit_clip(
    model: HandModel,
    left: HandObservations,
    right: HandObservations,
    camera: Camera,
    settings: FitSettings | None = None,
) -> ClipFit:
    """The poses of both hands over T frames, and the one shape they share, that explain the landmarks best.

    Solved are observed frames and gaps of at most `settings.max_gap` frames between them; longer gaps part the
    clip. Bad landmarks never raise: what cannot be solved is NaN, betas then zero.
    """
    settings = settings or FitSettings()
    posed = problem(_arrays(model), left, right, camera, settings)
    if not len(posed.spans.side):
        nothing = [_nothing(len(left.image_px)) for _ in SIDES]
        return ClipFit(np.zeros(N_BETAS), *nothing)
    with np.errstate(all="ignore"):  # frames that cannot be solved are found by their values
        state, posed = start(posed)
        first = Optimiser(posed).run(state, max_steps=_POSE_STEPS, alone=True)
        posed = with_seen_noise(posed, first)
        optimiser = Optimiser(posed)
        found = optimiser.run(first.state, max_steps=settings.iterations)
        variance = optimiser.variance(found)
        hands = [_hand(model, posed, found, variance, index, len(left.image_px)) for index in range(2)]
    return ClipFit(found.state.betas, *hands)


@lru_cache(maxsize=4)
def _arrays(model: HandModel) -> HandArrays:
    return hand_arrays(model)


def _hand(
    model: HandModel, posed: Problem, found: Optimum, variance: np.ndarray, index: int, n_frames: int
) -> FittedHand:
    """One side's results, mirrored back and spread over all frames."""
    side: Side = SIDES[index]
    own = posed.spans.side == index
    mirror = MIRROR_POINT if side == "left" else np.ones(3)
    right = _rotations(posed.hand, found.state.turns[own], found.state.angles[own])
    rotations = mirror_matrix(right) if side == "left" else right
    translation = found.state.translation[own] * mirror
    keypoints = model.forward(rotations, translation, found.state.betas, side).keypoints
    angle_std, translation_std = _deviations(posed.hand, variance[own])
    fields = (
        rotations,
        matrix_to_axis_angle(rotations),
        make_sign_continuous(matrix_to_quaternion(rotations)),
        translation,
        model.joints(found.state.betas, side)[0] + translation,
        keypoints,
        angle_std,
        translation_std,
        *_residuals(posed, found, own),
    )
    frames = posed.spans.frame[own]
    return FittedHand(*(_spread(values, frames, n_frames) for values in fields))


def _rotations(hand: HandArrays, turns: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """(S, 16, 3, 3) of a right hand."""
    joints = axis_angle_to_matrix(np.einsum("jab,tjb->tja", hand.frames, angles))
    return np.concatenate([turns[:, None], joints], axis=1)


def _deviations(hand: HandArrays, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """angle_std_rad (S, 16) and translation_std_m (S, 3) from the variances of a frame's unknowns."""
    angles = np.zeros((len(variance), 16))
    angles[:, 0] = variance[:, :3].sum(axis=1)
    for free, joint in enumerate(hand.free_joint):
        angles[:, joint + 1] += variance[:, 3 + free]
    return np.sqrt(angles), np.sqrt(variance[:, -3:])


def _residuals(posed: Problem, found: Optimum, own: np.ndarray) -> tuple[np.ndarray, ...]:
    """image_residual_px, depth_residual_m and point_weight (S, 21), NaN for landmarks not measured."""
    measured = posed.weight[own] > 0
    gain = found.state.gains[posed.spans.side[own], 1][:, None]
    values = (
        np.linalg.norm(found.errors.image_px[own], axis=-1),
        found.errors.space_m[own, :, 2] / gain,
        found.weight[own],
    )
    return tuple(np.where(measured, value, np.nan) for value in values)


def _spread(values: np.ndarray, frames: np.ndarray, n_frames: int) -> np.ndarray:
    """The values at their frames of a clip, NaN elsewhere and for what is not finite."""
    spread = np.full((n_frames, *values.shape[1:]), np.nan)
    spread[frames] = np.where(np.isfinite(values), values, np.nan)
    return spread


def _nothing(n_frames: int) -> FittedHand:
    shapes = [(16, 3, 3), (16, 3), (16, 4), (3,), (3,), (21, 3), (16,), (3,), (21,), (21,), (21,)]
    return FittedHand(*(np.full((n_frames, *shape), np.nan) for shape in shapes))
