"""A clip's joint system over time: banded (each frame couples to the next two) with a border of shared unknowns.

    [ A  B ] [x]   [g]      A (S n x S n) banded: a dense block per frame, diagonal coupling to the next two,
    [ B' C ] [y] = [h]      B (S n x m) and C (m x m): shape and gains, shared by the frames of a clip.

Solved by a banded Cholesky factor of A (LAPACK pbtrf) and the Schur complement C - B' A^-1 B. Marginal variances are
those of the whole inverse; A's part by the Takahashi recursion (Takahashi et al. 1973), which finds the
entries of the inverse within the band from the last row upwards at the cost of the factorisation.
"""

from dataclasses import dataclass

import numba
import numpy as np
from scipy.linalg import lapack


@dataclass(frozen=True)
class Factor:
    """A factored system."""

    lower: np.ndarray  # (2n + 1, S n) lower factor of A in LAPACK's band storage
    inner: np.ndarray  # (S n, m) A^-1 B
    schur: np.ndarray  # (m, m)
    border: np.ndarray  # (S n, m)


def factor(
    blocks: np.ndarray, next_one: np.ndarray, next_two: np.ndarray, border: np.ndarray, corner: np.ndarray
) -> Factor | None:
    """The factored system, or None where it is not positive definite.

    blocks (S, n, n), next_one and next_two (S, n): diagonals of the coupling of a frame to the next and the
    one after; border (S, n, m); corner (m, m).
    """
    band = _band(blocks, next_one, next_two).T  # Fortran order, so that LAPACK works in place
    lower, failed = lapack.dpbtrf(band, lower=1, overwrite_ab=1)
    if failed:
        return None
    rows = border.reshape(len(lower.T), border.shape[-1])
    inner = lapack.dpbtrs(lower, rows, lower=1)[0] if rows.size else rows
    return Factor(lower, inner, corner - rows.T @ inner, rows)


def solve(factored: Factor, right: np.ndarray, shared_right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x (S, n) and y (m,) for right-hand sides (S, n) and (m,)."""
    flat, _ = lapack.dpbtrs(factored.lower, right.reshape(-1, 1), lower=1)
    shared = np.linalg.solve(factored.schur, shared_right - factored.border.T @ flat[:, 0])
    return (flat[:, 0] - factored.inner @ shared).reshape(right.shape), shared


def variances(factored: Factor, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Diagonal of the whole inverse: (S, n) and (m,)."""
    shared = np.linalg.inv(factored.schur)
    own = _inverse_diagonal(np.ascontiguousarray(factored.lower.T))
    own += np.einsum("im,mk,ik->i", factored.inner, shared, factored.inner)
    return own.reshape(-1, n), np.diag(shared).copy()


@numba.njit(cache=True, nogil=True)
def _band(blocks: np.ndarray, next_one: np.ndarray, next_two: np.ndarray) -> np.ndarray:
    """(S n, 2n + 1) lower band of A: entry (j, d) is A[j + d, j]."""
    count, n = blocks.shape[0], blocks.shape[1]
    band = np.zeros((count * n, 2 * n + 1))
    for frame in range(count):
        for j in range(n):
            row = band[frame * n + j]
            for i in range(j, n):
                row[i - j] = blocks[frame, i, j]
            row[n] = next_one[frame, j]
            row[2 * n] = next_two[frame, j]
    return band


@numba.njit(cache=True, nogil=True, fastmath=True)
def _inverse_diagonal(lower: np.ndarray) -> np.ndarray:
    """(N,) diagonal of the inverse of L L'; lower (N, b + 1) holds L[j + d, j] at (j, d).

    With l the column of L below its diagonal p, the inverse's column below its diagonal is -Z l / p, where Z
    is the inverse's part further down; its diagonal is 1 / p^2 minus l times that column over p.
    """
    count, width = len(lower), lower.shape[1] - 1
    inverse = np.zeros((count, 2 * width + 1))  # entry (i, width + k - i) is inverse[i, k]
    diagonal = np.empty(count)
    for j in range(count - 1, -1, -1):
        reach = min(width, count - 1 - j)
        pivot = lower[j, 0]
        below = lower[j, 1 : reach + 1]
        corrected = 0.0
        for i in range(j + 1, j + reach + 1):
            row = inverse[i, width + j + 1 - i : width + j + 1 - i + reach]
            value = 0.0
            for k in range(reach):
                value += row[k] * below[k]
            value = -value / pivot
            inverse[i, width + j - i] = value
            inverse[j, width + i - j] = value
            corrected += below[i - j - 1] * value
        diagonal[j] = 1.0 / pivot**2 - corrected / pivot
        inverse[j, width] = diagonal[j]
    return diagonal
