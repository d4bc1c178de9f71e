"""One posed hand in numba: its landmarks, and how they move with every unknown (exact, skinning included).

A finger joint's rotation is exp(F a), F its anatomical frame and a = (twist, flexion, spread). A small change
da turns everything beyond the joint about its centre by G F' da, where G is the joint's rotation in the
camera's frame and F' = Jr(F a) F with Jr the right Jacobian of SO(3) (Sola et al. 2018, equation 143). A
landmark is a weighted sum of points that ride on joints: weight one on a single joint for the joints
themselves, the skinning weights for the finger tips.
"""

from typing import NamedTuple

import numba
import numpy as np

from annotators.hands.fit.hand_arrays import HandArrays

_SMALL_ANGLE = 1e-4  # below it the series' next term is under 1e-10


class Posed(NamedTuple):
    """Scratch of one frame's hand; 16 joints then 5 tips."""

    turns: np.ndarray  # (16, 3, 3) rotations in the parent's frame
    globals_: np.ndarray  # (16, 3, 3) in the camera's
    axes: np.ndarray  # (15, 3, 3) columns F' above
    places: np.ndarray  # (21, 3) metres
    riding: np.ndarray  # (5, 16) skinning weight of each tip on a joint and all beyond it
    carried: np.ndarray  # (5, 16, 3) the same of weight times point
    blend: np.ndarray  # (5, 3, 3) mean rotation of each tip


@numba.njit(cache=True, nogil=True)
def scratch() -> Posed:
    return Posed(
        np.zeros((16, 3, 3)),
        np.zeros((16, 3, 3)),
        np.zeros((15, 3, 3)),
        np.zeros((21, 3)),
        np.zeros((5, 16)),
        np.zeros((5, 16, 3)),
        np.zeros((5, 3, 3)),
    )


@numba.njit(cache=True, nogil=True)
def pose(
    hand: HandArrays,
    joints: np.ndarray,
    tips: np.ndarray,
    turn: np.ndarray,
    angles: np.ndarray,
    translation: np.ndarray,
    posed: Posed,
) -> None:
    """Fill `posed` for one frame: joints (16, 3) and tips (5, 3) of the shaped flat hand, turn (3, 3),
    angles (15, 3), translation (3,)."""
    for a in range(3):
        posed.places[0, a] = joints[0, a] + translation[a]
        for b in range(3):
            posed.turns[0, a, b] = posed.globals_[0, a, b] = turn[a, b]
    for joint in range(1, 16):
        parent = hand.parents[joint]
        _exponential(hand.frames[joint - 1], angles[joint - 1], posed.turns[joint], posed.axes[joint - 1])
        _product(posed.globals_[parent], posed.turns[joint], posed.globals_[joint])
        for a in range(3):
            place = posed.places[parent, a]
            for b in range(3):
                place += posed.globals_[parent, a, b] * (joints[joint, b] - joints[parent, b])
            posed.places[joint, a] = place
    _skin_tips(hand, joints, tips, posed)


@numba.njit(cache=True, nogil=True)
def _skin_tips(hand: HandArrays, joints: np.ndarray, tips: np.ndarray, posed: Posed) -> None:
    """The five finger tips: correctives, then linear blend skinning."""
    bent, point = np.empty(3), np.empty(3)
    posed.places[16:].fill(0.0)
    posed.riding.fill(0.0)
    posed.carried.fill(0.0)
    posed.blend.fill(0.0)
    for tip in range(5):
        _corrected(hand, tips, posed, tip, bent)
        for joint in range(16):
            weight = hand.tip_weights[tip, joint]
            if weight == 0.0:
                continue
            for a in range(3):
                point[a] = posed.places[joint, a]
                for b in range(3):
                    point[a] += posed.globals_[joint, a, b] * (bent[b] - joints[joint, b])
                    posed.blend[tip, a, b] += weight * posed.globals_[joint, a, b]
                posed.places[16 + tip, a] += weight * point[a]
            above = joint
            while above >= 0:
                posed.riding[tip, above] += weight
                for a in range(3):
                    posed.carried[tip, above, a] += weight * point[a]
                above = hand.parents[above]


@numba.njit(cache=True, nogil=True)
def _corrected(hand: HandArrays, tips: np.ndarray, posed: Posed, tip: int, bent: np.ndarray) -> None:
    """A flat tip with the pose correctives of all joints."""
    for a in range(3):
        bent[a] = tips[tip, a]
        for joint in range(15):
            turn = posed.turns[joint + 1]
            for b in range(3):
                for c in range(3):
                    unit = 1.0 if b == c else 0.0
                    bent[a] += hand.tip_bends[tip, a, joint, 3 * b + c] * (turn[b, c] - unit)


@numba.njit(cache=True, nogil=True)
def jacobian(hand: HandArrays, posed: Posed, out: np.ndarray) -> None:
    """(21, 3, 6 + A + 10) of joints then tips: by global rotation (in the hand's frame), angles, translation,
    betas."""
    out.fill(0.0)
    axis = np.empty(3)
    n_free = len(hand.free_joint)
    for free in range(3 + n_free):
        joint = 0 if free < 3 else hand.free_joint[free - 3] + 1
        for a in range(3):
            axis[a] = posed.globals_[0, a, free] if free < 3 else 0.0
            if free >= 3:
                for b in range(3):
                    axis[a] += (
                        posed.globals_[joint, a, b] * posed.axes[joint - 1, b, hand.free_axis[free - 3]]
                    )
        _turned_joints(hand, posed, joint, axis, free, out)
        _turned_tips(posed, joint, axis, free, out)
        if free >= 3:
            _bent_tips(hand, posed, joint, hand.free_axis[free - 3], free, out)
    for point in range(21):
        for a in range(3):
            out[point, a, 3 + n_free + a] = 1.0
    _by_shape(hand, posed, 6 + n_free, out)


@numba.njit(cache=True, nogil=True)
def _turned_joints(
    hand: HandArrays, posed: Posed, joint: int, axis: np.ndarray, column: int, out: np.ndarray
) -> None:
    """Joints beyond `joint` turn about it: axis x arm."""
    for other in range(joint + 1, 16):
        above = hand.parents[other]
        while above > joint:
            above = hand.parents[above]
        if above == joint:
            x = posed.places[other, 0] - posed.places[joint, 0]
            y = posed.places[other, 1] - posed.places[joint, 1]
            z = posed.places[other, 2] - posed.places[joint, 2]
            out[other, 0, column] = axis[1] * z - axis[2] * y
            out[other, 1, column] = axis[2] * x - axis[0] * z
            out[other, 2, column] = axis[0] * y - axis[1] * x


@numba.njit(cache=True, nogil=True)
def _turned_tips(posed: Posed, joint: int, axis: np.ndarray, column: int, out: np.ndarray) -> None:
    """The part of each tip that rides on `joint` or beyond it turns with it."""
    for tip in range(5):
        share = posed.riding[tip, joint]
        if share == 0.0:
            continue
        x = posed.carried[tip, joint, 0] - share * posed.places[joint, 0]
        y = posed.carried[tip, joint, 1] - share * posed.places[joint, 1]
        z = posed.carried[tip, joint, 2] - share * posed.places[joint, 2]
        out[16 + tip, 0, column] = axis[1] * z - axis[2] * y
        out[16 + tip, 1, column] = axis[2] * x - axis[0] * z
        out[16 + tip, 2, column] = axis[0] * y - axis[1] * x


@numba.njit(cache=True, nogil=True)
def _bent_tips(hand: HandArrays, posed: Posed, joint: int, axis: int, column: int, out: np.ndarray) -> None:
    """What a joint's pose correctives add to the tips: dR = R [f]x, f the joint's axis in its own frame."""
    x, y, z = posed.axes[joint - 1, 0, axis], posed.axes[joint - 1, 1, axis], posed.axes[joint - 1, 2, axis]
    turn = posed.turns[joint]
    change = np.empty(9)
    for a in range(3):
        change[3 * a] = turn[a, 1] * z - turn[a, 2] * y
        change[3 * a + 1] = turn[a, 2] * x - turn[a, 0] * z
        change[3 * a + 2] = turn[a, 0] * y - turn[a, 1] * x
    for tip in range(5):
        for b in range(3):
            moved = 0.0
            for entry in range(9):
                moved += hand.tip_bends[tip, b, joint - 1, entry] * change[entry]
            if moved != 0.0:
                for a in range(3):
                    out[16 + tip, a, column] += posed.blend[tip, a, b] * moved


@numba.njit(cache=True, nogil=True)
def _by_shape(hand: HandArrays, posed: Posed, first: int, out: np.ndarray) -> None:
    """Ten columns from `first` on: landmarks by betas, the pose held."""
    for beta in range(10):
        column = first + beta
        for a in range(3):
            out[0, a, column] = hand.joint_dirs[0, a, beta]
        for joint in range(1, 16):
            parent = hand.parents[joint]
            for a in range(3):
                moved = out[parent, a, column]
                for b in range(3):
                    bone = hand.joint_dirs[joint, b, beta] - hand.joint_dirs[parent, b, beta]
                    moved += posed.globals_[parent, a, b] * bone
                out[joint, a, column] = moved
        for tip in range(5):
            for joint in range(16):
                weight = hand.tip_weights[tip, joint]
                if weight == 0.0:
                    continue
                for a in range(3):
                    moved = out[joint, a, column]
                    for b in range(3):
                        arm = hand.tip_dirs[tip, b, beta] - hand.joint_dirs[joint, b, beta]
                        moved += posed.globals_[joint, a, b] * arm
                    out[16 + tip, a, column] += weight * moved


@numba.njit(cache=True, nogil=True)
def _product(first: np.ndarray, second: np.ndarray, out: np.ndarray) -> None:
    for a in range(3):
        for b in range(3):
            out[a, b] = first[a, 0] * second[0, b] + first[a, 1] * second[1, b] + first[a, 2] * second[2, b]


@numba.njit(cache=True, nogil=True)
def _exponential(frame: np.ndarray, angles: np.ndarray, turn: np.ndarray, axes: np.ndarray) -> None:
    """exp(frame @ angles) into `turn` (Rodrigues) and its right Jacobian times frame into `axes`."""
    vector = np.empty(3)
    for a in range(3):
        vector[a] = frame[a, 0] * angles[0] + frame[a, 1] * angles[1] + frame[a, 2] * angles[2]
    square = vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2
    angle = np.sqrt(square)
    if angle < _SMALL_ANGLE:
        sine, versine, rest = 1.0 - square / 6, 0.5 - square / 24, 1.0 / 6 - square / 120
    else:
        sine, versine = np.sin(angle) / angle, (1 - np.cos(angle)) / square
        rest = (1 - sine) / square
    right = np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            unit = 1.0 if a == b else 0.0
            cross = 0.0 if a == b else vector[3 - a - b] * (1.0 if (b - a) % 3 == 2 else -1.0)
            outer = vector[a] * vector[b] - square * unit
            turn[a, b] = unit + sine * cross + versine * outer
            right[a, b] = unit - versine * cross + rest * outer
    _product(right, frame, axes)
