"""Where the fit starts: inverse kinematics and a linear place in each frame, straight lines across gaps."""

from dataclasses import replace

import numpy as np

from annotators.hands.anatomy import rotation_limits
from annotators.hands.fit.hand_arrays import HandArrays
from annotators.hands.fit.normal import landmarks
from annotators.hands.fit.problem import Problem
from annotators.hands.fit.spans import running_median
from annotators.hands.fit.state import State
from annotators.hands.ik import right_hand_rotations
from annotators.hands.place import place
from datasets.hand.model import N_BETAS
from datasets.hand.rotations import (
    make_sign_continuous,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    quaternion_to_matrix,
)

_UNIT_FRAMES = 25  # over which the unit of the landmarks in space is taken
_NEAR_M, _FAR_M = 0.15, 20.0  # no hand is nearer or farther


def start(problem: Problem) -> tuple[State, Problem]:
    """A first guess of every unknown, shape and gains at their means; and the problem, its points in metres."""
    hand, spans = problem.hand, problem.spans
    known = _startable(problem)
    turns, angles = _rotations(problem, known)
    flat = landmarks(hand, hand.joints, hand.tips, turns, angles, np.zeros((len(turns), 3)))
    translation = _place(problem, flat, known)
    rows = np.concatenate(
        [_continuous(matrix_to_quaternion(turns), known), angles.reshape(-1, 45), translation], axis=1
    )
    filled = _across_gaps(rows, known, spans.run)
    state = State(
        turns=quaternion_to_matrix(filled[:, :4]),
        angles=np.ascontiguousarray(filled[:, 4:-3]).reshape(-1, 15, 3),
        translation=np.ascontiguousarray(filled[:, -3:]),
        betas=np.zeros(N_BETAS),
        gains=np.tile([1.0, problem.settings.depth_gain], (2, 1)),
    )
    unit = _units(problem, flat, known)
    return state, replace(problem, points=problem.points / unit[:, None, None])


def angles_of(hand: HandArrays, rotations: np.ndarray) -> np.ndarray:
    """(S, 15, 3) free angles within their limits, others 0, of rotations (S, 15, 3, 3)."""
    lowest, highest = rotation_limits()
    free = np.zeros((15, 3), bool)
    free[hand.free_joint, hand.free_axis] = True
    angles = np.einsum("tja,jab->tjb", matrix_to_axis_angle(rotations), hand.frames)
    return np.where(free, np.clip(angles, lowest, highest), 0.0)


def _startable(problem: Problem) -> np.ndarray:
    """(S,) frames to start from: complete ones; in a run without any, all observed ones."""
    known = problem.complete.copy()
    for run in np.unique(problem.spans.run):
        inside = problem.spans.run == run
        if not known[inside].any():
            known |= inside & problem.spans.observed
    return known


def _rotations(problem: Problem, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Global rotations (S, 3, 3) and angles (S, 15, 3), from the backend's rotations where it gives them."""
    hand = problem.hand
    rest = np.concatenate([hand.joints, hand.tips])[hand.points]
    deeper = problem.points / np.array([1.0, 1.0, problem.settings.depth_gain])
    rotations = np.broadcast_to(np.eye(3), (len(known), 16, 3, 3)).copy()
    rotations[known] = right_hand_rotations(deeper[known], rest)
    given = np.isfinite(problem.rotations).all(axis=(1, 2, 3))
    rotations[given] = problem.rotations[given]
    return np.ascontiguousarray(rotations[:, 0]), angles_of(hand, rotations[:, 1:])


def _place(problem: Problem, flat: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(S, 3) translations; frames whose landmarks give no sensible place take their neighbours'."""
    translation = np.zeros((len(known), 3))
    translation[known] = place(flat[known], problem.image_px[known], problem.camera, problem.weight[known])
    depth = translation[:, 2] + flat[..., 2].mean(axis=1)
    wild = known & ~((depth > _NEAR_M) & (depth < _FAR_M))
    sensible = known & ~wild
    fallback = np.median(translation[sensible], axis=0) if sensible.any() else np.array([0.0, 0.0, 1.0])
    translation[wild] = fallback
    return translation


def _units(problem: Problem, flat: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(S,) a metre in the landmarks in space: their spread across the picture over the posed hand's.

    A running median, since landmarks in pixels grow as a hand comes nearer.
    """
    centred = flat - flat.mean(axis=1, keepdims=True)
    posed = np.sqrt(np.mean(centred[..., :2] ** 2, axis=(1, 2)))
    measured = np.sqrt(np.mean(problem.points[..., :2] ** 2, axis=(1, 2)))
    ratio = np.where(measured > 0, measured / np.maximum(posed, 1e-9), 1.0)
    middle = running_median(ratio, known, problem.spans, _UNIT_FRAMES)
    return _across_gaps(middle[:, None], known, problem.spans.run)[:, 0]


def _continuous(quaternions: np.ndarray, known: np.ndarray) -> np.ndarray:
    out = quaternions.copy()
    out[known] = make_sign_continuous(quaternions[known])
    return out


def _across_gaps(rows: np.ndarray, known: np.ndarray, run: np.ndarray) -> np.ndarray:
    """The rows (S, K), those not known on straight lines between the known ones of their run."""
    filled = rows.copy()
    for number in np.unique(run[~known]):
        inside = np.flatnonzero(run == number)
        ends, missing = inside[known[inside]], inside[~known[inside]]
        after = np.clip(np.searchsorted(ends, missing), 0, len(ends) - 1)
        before = np.clip(after - 1, 0, len(ends) - 1)
        length = np.maximum(ends[after] - ends[before], 1)
        share = np.clip((missing - ends[before]) / length, 0.0, 1.0)[:, None]
        filled[missing] = (1 - share) * rows[ends[before]] + share * rows[ends[after]]
    return filled
