"""Normal equations of every frame in numba: what the landmarks say about each unknown of a hand.

Each landmark gives five whitened rows: two of the picture (pinhole projection) and three in space, the latter
about an origin nobody knows. That origin is eliminated exactly: with rows Q_k and weights w_k, the sum
of Q'Q loses s s' / sum(w) per axis, s = sum of sqrt(w_k) Q_k (a Schur complement). Measured points
are gains times the hand, one gain across the picture and one along depth, which the detector shrinks.
"""

import numba
import numpy as np

from annotators.hands.fit.hand_arrays import HandArrays
from annotators.hands.fit.kinematics import jacobian, pose, scratch

MIN_DEPTH_M = 0.05  # a hand nearer than this, or behind the camera, is pulled as though it were here
_N_BETAS, _N_GAINS = 10, 2


@numba.njit(cache=True, nogil=True)
def landmarks(
    hand: HandArrays,
    joints: np.ndarray,
    tips: np.ndarray,
    turns: np.ndarray,
    angles: np.ndarray,
    translation: np.ndarray,
) -> np.ndarray:
    """(S, 21, 3) landmarks in MediaPipe's order, metres, camera frame, of S posed right hands."""
    posed = scratch()
    points = np.empty((len(turns), 21, 3))
    for frame in range(len(turns)):
        pose(hand, joints, tips, turns[frame], angles[frame], translation[frame], posed)
        for point in range(21):
            for a in range(3):
                points[frame, point, a] = posed.places[hand.points[point], a]
    return points


@numba.njit(cache=True, nogil=True)
def normal_equations(
    hand: HandArrays,
    joints: np.ndarray,
    tips: np.ndarray,
    turns: np.ndarray,
    angles: np.ndarray,
    translation: np.ndarray,
    gains: np.ndarray,
    focal_px: float,
    image_precision: np.ndarray,
    point_precision: np.ndarray,
    image_residual: np.ndarray,
    point_residual: np.ndarray,
    centre: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Q'Q (S, N, N) and Q'r (S, N); N = 3 rotation, A angles, 3 translation, 10 betas, 2 gains.

    image_precision (S, 21) per px^2, point_precision (S, 21, 3) per m^2, with all weights in them;
    image_residual (S, 21, 2) and point_residual (S, 21, 3) are measured minus posed, the latter with the mean
    under its precision taken off; centre (S, 3) that mean of the posed points; gains (S, 2).
    """
    n_pose = 6 + len(hand.free_joint)
    size = n_pose + _N_BETAS + _N_GAINS
    columns, counts = _columns(hand, size)
    posed, moves = scratch(), np.empty((21, 3, n_pose + _N_BETAS))
    rows, right, point_root = np.empty((size, 5)), np.empty(5), np.empty(3)
    sums, total = np.empty((3, size)), np.empty(3)
    normal, gradient = np.zeros((len(turns), size, size)), np.zeros((len(turns), size))
    for frame in range(len(turns)):
        pose(hand, joints, tips, turns[frame], angles[frame], translation[frame], posed)
        jacobian(hand, posed, moves)
        sums.fill(0.0)
        total.fill(0.0)
        for point in range(21):
            source = hand.points[point]
            place = posed.places[source]
            image_root = np.sqrt(image_precision[frame, point])
            for a in range(3):
                point_root[a] = np.sqrt(point_precision[frame, point, a])
            used = columns[point, : counts[point]]
            _rows(
                moves[source],
                place,
                centre[frame],
                gains[frame],
                focal_px,
                image_root,
                point_root,
                used,
                rows,
            )
            for a in range(2):
                right[a] = image_root * image_residual[frame, point, a]
            for a in range(3):
                right[2 + a] = point_root[a] * point_residual[frame, point, a]
                total[a] += point_root[a] ** 2
            _add(rows, right, used, normal[frame], gradient[frame])
            for i in range(len(used)):
                for a in range(3):
                    sums[a, used[i]] += point_root[a] * rows[i, 2 + a]
        _eliminate_origin(sums, total, normal[frame])
    return normal, gradient


@numba.njit(cache=True, nogil=True)
def _columns(hand: HandArrays, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(21, N) the unknowns that move each landmark, in rising order, and (21,) how many they are.

    Pose correctives of other fingers move a tip by less than 0.1 mm and are left out of the derivative.
    """
    columns, counts = np.zeros((21, size), np.int64), np.zeros(21, np.int64)
    n_free = len(hand.free_joint)
    for point in range(21):
        source = hand.points[point]
        last = source if source < 16 else _carrier(hand, source - 16)
        for column in range(size):
            kept = column < 3 or column >= 3 + n_free
            if not kept:
                joint, above = hand.free_joint[column - 3] + 1, last
                while above > joint:
                    above = hand.parents[above]
                kept = above == joint and source != joint
            if kept:
                columns[point, counts[point]] = column
                counts[point] += 1
    return columns, counts


@numba.njit(cache=True, nogil=True)
def _carrier(hand: HandArrays, tip: int) -> int:
    """The joint whose bone ends in a tip."""
    best = 0
    for joint in range(16):
        if hand.tip_weights[tip, joint] > hand.tip_weights[tip, best]:
            best = joint
    return best


@numba.njit(cache=True, nogil=True)
def _rows(
    moves: np.ndarray,
    place: np.ndarray,
    centre: np.ndarray,
    gains: np.ndarray,
    focal_px: float,
    image_root: float,
    point_root: np.ndarray,
    used: np.ndarray,
    rows: np.ndarray,
) -> None:
    """One landmark's five whitened derivatives (used, 5) by each unknown that moves it."""
    n_moves = moves.shape[1]
    first_shift = n_moves - _N_BETAS - 3
    depth = max(place[2], MIN_DEPTH_M)
    scale = image_root * focal_px / depth
    for i in range(len(used)):
        column = used[i]
        if column >= n_moves:  # a gain
            across = 1.0 if column == n_moves else 0.0
            rows[i, 0] = rows[i, 1] = 0.0
            rows[i, 2] = across * point_root[0] * (place[0] - centre[0])
            rows[i, 3] = across * point_root[1] * (place[1] - centre[1])
            rows[i, 4] = (1.0 - across) * point_root[2] * (place[2] - centre[2])
            continue
        x, y, z = moves[0, column], moves[1, column], moves[2, column]
        rows[i, 0] = scale * (x - z * place[0] / depth)
        rows[i, 1] = scale * (y - z * place[1] / depth)
        shift = first_shift <= column < first_shift + 3  # moves the unknown origin alone
        rows[i, 2] = 0.0 if shift else point_root[0] * gains[0] * x
        rows[i, 3] = 0.0 if shift else point_root[1] * gains[0] * y
        rows[i, 4] = 0.0 if shift else point_root[2] * gains[1] * z


@numba.njit(cache=True, nogil=True, fastmath=True)
def _add(
    rows: np.ndarray, right: np.ndarray, used: np.ndarray, normal: np.ndarray, gradient: np.ndarray
) -> None:
    """Add rows' products to the lower triangle and their products with the residual to the gradient."""
    for i in range(len(used)):
        a, b, c, d, e = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3], rows[i, 4]
        gradient[used[i]] += a * right[0] + b * right[1] + c * right[2] + d * right[3] + e * right[4]
        target = normal[used[i]]
        for j in range(i + 1):
            other = rows[j]
            target[used[j]] += a * other[0] + b * other[1] + c * other[2] + d * other[3] + e * other[4]


@numba.njit(cache=True, nogil=True, fastmath=True)
def _eliminate_origin(sums: np.ndarray, total: np.ndarray, normal: np.ndarray) -> None:
    """Take off what the unknown origin explains, and mirror the lower triangle into the upper."""
    size = len(normal)
    for axis in range(3):
        if total[axis] <= 0.0:
            continue
        for i in range(size):
            lead = sums[axis, i] / total[axis]
            if lead != 0.0:
                for j in range(i + 1):
                    normal[i, j] -= lead * sums[axis, j]
    for i in range(size):
        for j in range(i):
            normal[j, i] = normal[i, j]
