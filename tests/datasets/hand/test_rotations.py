import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.hand.rotations import (
    axis_angle_to_matrix,
    geodesic_deg,
    make_sign_continuous,
    matrix_to_axis_angle,
    matrix_to_quaternion,
    mirror_axis_angle,
    mirror_matrix,
    quaternion_to_matrix,
)

AXIS_ANGLES = arrays(np.float64, (4, 3), elements=st.floats(-1.8, 1.8))  # angles below pi


def test_a_quarter_turn_about_z_takes_x_to_y():
    turn = axis_angle_to_matrix(np.array([0, 0, np.pi / 2]))
    np.testing.assert_allclose(turn @ [1, 0, 0], [0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(matrix_to_quaternion(turn), [np.sqrt(0.5), 0, 0, np.sqrt(0.5)])


@given(AXIS_ANGLES)
def test_axis_angle_survives_the_way_through_matrices(axis_angle):
    back = matrix_to_axis_angle(axis_angle_to_matrix(axis_angle))
    np.testing.assert_allclose(back, axis_angle, atol=1e-6)


@given(AXIS_ANGLES)
def test_matrices_survive_the_way_through_quaternions(axis_angle):
    matrix = axis_angle_to_matrix(axis_angle)
    np.testing.assert_allclose(quaternion_to_matrix(matrix_to_quaternion(matrix)), matrix, atol=1e-12)
    np.testing.assert_allclose(
        matrix @ np.swapaxes(matrix, -1, -2), np.broadcast_to(np.eye(3), (4, 3, 3)), atol=1e-12
    )


def test_half_turns_and_no_turn_have_matrices_and_ways_back():
    turns = np.array([[np.pi, 0, 0], [0, np.pi, 0], [0, 0, np.pi], [0, 0, 0], [1e-12, 0, 0]])
    matrices = axis_angle_to_matrix(turns)
    np.testing.assert_allclose(axis_angle_to_matrix(matrix_to_axis_angle(matrices)), matrices, atol=1e-12)
    np.testing.assert_allclose(
        np.linalg.norm(matrix_to_axis_angle(matrices), axis=-1), [np.pi] * 3 + [0, 1e-12]
    )


@given(AXIS_ANGLES)
def test_the_mirror_is_its_own_inverse_and_the_same_in_both_forms(axis_angle):
    assert np.array_equal(mirror_axis_angle(mirror_axis_angle(axis_angle)), axis_angle)
    mirrored = mirror_matrix(axis_angle_to_matrix(axis_angle))
    np.testing.assert_allclose(mirrored, axis_angle_to_matrix(mirror_axis_angle(axis_angle)), atol=1e-12)
    flip = np.diag([-1.0, 1, 1])
    np.testing.assert_allclose(mirrored, flip @ axis_angle_to_matrix(axis_angle) @ flip, atol=1e-15)


@given(arrays(np.float64, (6, 2, 4), elements=st.floats(-1, 1)))
def test_sign_continuous_quaternions_never_turn_back_and_mean_the_same(quaternions):
    continuous = make_sign_continuous(quaternions)
    assert (np.sum(continuous[1:] * continuous[:-1], axis=-1) >= 0).all()
    assert np.array_equal(np.abs(continuous), np.abs(quaternions))
    assert np.array_equal(continuous[0], quaternions[0])


def test_a_full_turn_in_steps_flips_no_sign():
    steps = axis_angle_to_matrix(np.linspace(0, 2 * np.pi, 50)[:, None] * np.array([0.0, 1.0, 0.0]))
    quaternions = make_sign_continuous(matrix_to_quaternion(steps))
    assert np.abs(np.diff(quaternions, axis=0)).max() < 0.1
    np.testing.assert_allclose(quaternions[-1], [-1, 0, 0, 0], atol=1e-12)


def test_geodesic_is_the_angle_between_even_when_tiny():
    angles = np.radians([0, 1e-7, 30, 180])
    turns = axis_angle_to_matrix(angles[:, None] * np.array([1.0, 0, 0]))
    np.testing.assert_allclose(geodesic_deg(np.eye(3), turns), [0, 1e-7, 30, 180], rtol=1e-6)
