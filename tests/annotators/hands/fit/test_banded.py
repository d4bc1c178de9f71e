import numpy as np
import pytest

from annotators.hands.fit import banded

FRAMES, N, SHARED = 6, 4, 3


def random_system(seed: int = 0) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(FRAMES, N, N))
    blocks = root @ np.swapaxes(root, 1, 2) + 20 * np.eye(N)
    next_one, next_two = -rng.uniform(1, 4, (FRAMES, N)), rng.uniform(0, 1, (FRAMES, N))
    next_one[-1:], next_two[-2:] = 0, 0
    next_one[2], next_two[1:3] = 0, 0  # two runs: frames 0..2 and 3..5
    return blocks, next_one, next_two, rng.normal(size=(FRAMES, N, SHARED)), 30 * np.eye(SHARED)


def dense(
    blocks: np.ndarray, next_one: np.ndarray, next_two: np.ndarray, border: np.ndarray, corner: np.ndarray
) -> np.ndarray:
    whole = np.zeros((FRAMES * N + SHARED,) * 2)
    for frame in range(FRAMES):
        own = slice(frame * N, (frame + 1) * N)
        whole[own, own] = blocks[frame]
        for coupling, ahead in ((next_one, 1), (next_two, 2)):
            if frame + ahead < FRAMES:
                other = slice((frame + ahead) * N, (frame + ahead + 1) * N)
                whole[own, other] = whole[other, own] = np.diag(coupling[frame])
    whole[: FRAMES * N, FRAMES * N :] = border.reshape(-1, SHARED)
    whole[FRAMES * N :, : FRAMES * N] = border.reshape(-1, SHARED).T
    whole[FRAMES * N :, FRAMES * N :] = corner
    return whole


def test_the_solution_is_that_of_the_whole_matrix():
    system, rng = random_system(), np.random.default_rng(1)
    right, shared_right = rng.normal(size=(FRAMES, N)), rng.normal(size=SHARED)
    factored = banded.factor(*system)
    assert factored is not None
    found = banded.solve(factored, right, shared_right)
    wanted = np.linalg.solve(dense(*system), np.concatenate([right.ravel(), shared_right]))
    assert np.concatenate([found[0].ravel(), found[1]]) == pytest.approx(wanted)


def test_variances_are_the_diagonal_of_the_whole_inverse():
    system = random_system()
    factored = banded.factor(*system)
    assert factored is not None
    found = banded.variances(factored, N)
    wanted = np.diag(np.linalg.inv(dense(*system)))
    assert np.concatenate([found[0].ravel(), found[1]]) == pytest.approx(wanted)


def test_a_system_without_shared_unknowns_is_solved_alone():
    blocks, next_one, next_two, border, _ = random_system()
    factored = banded.factor(blocks, next_one, next_two, border[..., :0], np.zeros((0, 0)))
    assert factored is not None
    found, shared = banded.solve(factored, np.ones((FRAMES, N)), np.zeros(0))
    wanted = np.linalg.solve(dense(*random_system())[: FRAMES * N, : FRAMES * N], np.ones(FRAMES * N))
    assert found.ravel() == pytest.approx(wanted)
    assert shared.shape == (0,)


def test_a_system_that_is_not_positive_definite_has_no_factor():
    blocks, *others = random_system()
    assert banded.factor(-blocks, *others) is None
