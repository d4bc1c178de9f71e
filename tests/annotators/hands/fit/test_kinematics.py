import numpy as np
import pytest

from annotators.hands.fit.hand_arrays import hand_arrays
from annotators.hands.fit.kinematics import jacobian, pose, scratch
from annotators.hands.fit.normal import landmarks, normal_equations
from annotators.hands.fit.state import State
from datasets.hand.model import HandModel
from datasets.hand.rotations import axis_angle_to_matrix
from tests.annotators.hands.fit.scenes import MODEL
from tests.datasets.hand.mano_files import varied_hand

STEP = 1e-6


def random_state(n_frames: int, seed: int = 0) -> State:
    rng = np.random.default_rng(seed)
    return State(
        turns=axis_angle_to_matrix(rng.normal(0, 1, (n_frames, 3))),
        angles=rng.normal(0, 0.4, (n_frames, 15, 3)),
        translation=rng.normal([0, 0, 1], 0.1, (n_frames, 3)),
        betas=rng.normal(0, 0.7, 10),
        gains=np.ones((2, 2)),
    )


@pytest.mark.parametrize("model", [MODEL, varied_hand()], ids=["neutral", "varied"])
def test_landmarks_are_those_of_the_hand_model(model: HandModel):
    hand, state = hand_arrays(model), random_state(5)
    joints = axis_angle_to_matrix(np.einsum("jab,tjb->tja", hand.frames, state.angles))
    rotations = np.concatenate([state.turns[:, None], joints], axis=1)
    wanted = model.forward(rotations, state.translation, state.betas, "right").keypoints
    assert state.landmarks(hand) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("model", [MODEL, varied_hand()], ids=["neutral", "varied"])
@pytest.mark.parametrize("bend", [1.0, 1e-5])
def test_the_jacobian_agrees_with_finite_differences(model: HandModel, bend: float):
    hand, state = hand_arrays(model), random_state(1, seed=1)
    state = State(state.turns, bend * state.angles, state.translation, state.betas, state.gains)
    posed, size = scratch(), 6 + len(hand.free_joint)
    pose(hand, *state.shaped(hand), state.turns[0], state.angles[0], state.translation[0], posed)
    found = np.empty((21, 3, size + 10))
    jacobian(hand, posed, found)
    for column in range(size + 10):
        step, shared = np.zeros((1, size)), np.zeros(14)
        target = step[0] if column < size else shared[:10]
        target[column if column < size else column - size] = STEP
        ahead = state.moved(hand, step, shared).landmarks(hand)
        behind = state.moved(hand, -step, -shared).landmarks(hand)
        numeric = (ahead - behind)[0] / (2 * STEP)
        assert found[hand.points, :, column] == pytest.approx(numeric, abs=1e-7)


def test_normal_equations_are_those_of_the_whitened_jacobian_with_the_origin_left_free():
    hand, state, rng = hand_arrays(MODEL), random_state(1, seed=2), np.random.default_rng(3)
    focal_px, size = 900.0, 6 + len(hand.free_joint)
    posed = state.landmarks(hand)
    image_precision, point_precision = rng.uniform(0, 1, (1, 21)), rng.uniform(1e4, 1e5, (1, 21, 3))
    image_residual = rng.normal(0, 2, (1, 21, 2))
    share = point_precision / point_precision.sum(axis=1, keepdims=True)
    point_residual = rng.normal(0, 0.01, (1, 21, 3))
    point_residual -= (share * point_residual).sum(axis=1, keepdims=True)
    centre = (share * posed).sum(axis=1)
    gains = np.array([[1.1, 0.8]])
    normal, gradient = normal_equations(
        hand,
        *state.shaped(hand),
        state.turns,
        state.angles,
        state.translation,
        gains,
        focal_px,
        image_precision,
        point_precision,
        image_residual,
        point_residual,
        centre,
    )

    def measured(step: np.ndarray) -> np.ndarray:
        moved = state.moved(hand, step[None, :size], np.r_[step[size : size + 10], np.zeros(4)])
        points = moved.landmarks(hand)[0]
        image = focal_px * points[:, :2] / points[:, 2:]
        scaled = points * (gains[0] + step[size + 10 :])[[0, 0, 1]]
        scaled = scaled - (share[0] * scaled).sum(axis=0)
        roots = np.sqrt(image_precision[0])[:, None], np.sqrt(point_precision[0])
        return np.concatenate([(roots[0] * image).ravel(), (roots[1] * scaled).ravel()])

    units = STEP * np.eye(size + 12)
    rows = np.stack([(measured(unit) - measured(-unit)) / (2 * STEP) for unit in units], axis=1)
    whitened = np.concatenate(
        [
            (np.sqrt(image_precision)[..., None] * image_residual).ravel(),
            (np.sqrt(point_precision) * point_residual).ravel(),
        ]
    )
    assert normal[0] == pytest.approx(rows.T @ rows, rel=1e-4, abs=1e-2)
    assert gradient[0] == pytest.approx(rows.T @ whitened, rel=1e-4, abs=1e-3)


def test_no_frames_have_no_landmarks():
    state = random_state(0)
    hand = hand_arrays(MODEL)
    empty = landmarks(hand, *state.shaped(hand), state.turns, state.angles, state.translation)
    assert empty.shape == (0, 21, 3)
