import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.hands.solve import place, solve
from datasets.hand.model import SIDES, Side
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import geodesic_deg, mirror_axis_angle, quaternion_to_matrix
from tests.annotators.hands.poses import BETAS, CAMERA, random_rotations, random_translations

MODEL = neutral_hand()


def posed(
    side: Side, count: int = 200, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rotations, translations, landmarks in pixels and in metres of random hands."""
    rotations = random_rotations(MODEL, side, count, seed)
    translation = random_translations(count, seed)
    points = MODEL.forward(rotations, translation, BETAS, side).keypoints
    return rotations, translation, CAMERA.project(points), points


@pytest.mark.parametrize("side", SIDES)
def test_exact_landmarks_give_back_the_pose_they_came_from(side: Side):
    rotations, translation, image_px, points = posed(side)
    found = solve(MODEL, side, image_px, points - points.mean(axis=1, keepdims=True), CAMERA, BETAS)
    assert geodesic_deg(found.rotations[:, 0], rotations[:, 0]).max() < 0.01
    # the last bones' landmarks move with the skin's pose correctives, which the closed form leaves out
    assert geodesic_deg(found.rotations, rotations).max() < 3.0
    assert np.median(geodesic_deg(found.rotations, rotations)) < 0.1
    assert np.linalg.norm(found.translation - translation, axis=-1).max() < 0.01
    assert found.reprojection_px.max() < 0.2
    assert found.wrist == pytest.approx(MODEL.joints(BETAS, side)[0] + found.translation)


@pytest.mark.parametrize("side", SIDES)
def test_axis_angle_and_quaternions_say_the_same_as_the_matrices(side: Side):
    _, _, image_px, points = posed(side, count=50)
    found = solve(MODEL, side, image_px, points, CAMERA, BETAS)
    assert quaternion_to_matrix(found.quaternions) == pytest.approx(found.rotations, abs=1e-9)
    assert np.linalg.norm(found.axis_angle, axis=-1).max() <= np.pi + 1e-9


def test_the_wrong_side_explains_the_landmarks_worse():
    _, _, image_px, points = posed("left")
    left, right = (solve(MODEL, side, image_px, points, CAMERA, BETAS) for side in SIDES)
    assert (right.reprojection_px > 10 * left.reprojection_px).mean() > 0.95


def test_scale_and_origin_of_the_landmarks_in_space_do_not_matter():
    _, _, image_px, points = posed("right", count=20)
    metres = solve(MODEL, "right", image_px, points, CAMERA, BETAS)
    others = solve(MODEL, "right", image_px, 350 * points - 7, CAMERA, BETAS)
    assert others.rotations == pytest.approx(metres.rotations, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_mirroring_the_picture_swaps_the_side_and_mirrors_the_parameters(seed: int):
    _, _, image_px, points = posed("right", count=3, seed=seed)
    right = solve(MODEL, "right", image_px, points, CAMERA, BETAS)
    mirrored_px = np.stack([2 * CAMERA.centre_x_px - image_px[..., 0], image_px[..., 1]], axis=-1)
    left = solve(MODEL, "left", mirrored_px, points * [-1, 1, 1], CAMERA, BETAS)
    assert left.wrist == pytest.approx(right.wrist * [-1, 1, 1], abs=1e-6)
    assert left.axis_angle == pytest.approx(mirror_axis_angle(right.axis_angle), abs=1e-6)


def test_quaternions_keep_their_sign_through_a_full_turn_and_across_a_gap():
    turn = np.linspace(0, 2 * np.pi, 60)
    zeros = np.zeros_like(turn)
    rotations = np.broadcast_to(np.eye(3), (60, 16, 3, 3)).copy()
    rows = [
        [np.cos(turn), -np.sin(turn), zeros],
        [np.sin(turn), np.cos(turn), zeros],
        [zeros, zeros, zeros + 1],
    ]
    rotations[:, 0] = np.moveaxis(np.array(rows), -1, 0)
    points = MODEL.forward(rotations, np.tile([0.0, 0.0, 1.5], (60, 1)), BETAS, "right").keypoints
    points[30:33] = np.nan
    found = solve(MODEL, "right", CAMERA.project(points), points, CAMERA, BETAS).quaternions
    seen = np.delete(found, slice(30, 33), axis=0)
    assert np.isnan(found[30:33]).all()
    assert np.sum(seen[1:] * seen[:-1], axis=-1).min() > 0.9
    assert seen[-1, 0] == pytest.approx(-seen[0, 0], abs=1e-3)  # the double cover, not a jump


def test_frames_without_a_hand_hold_nan_and_leave_the_others_alone():
    _, _, image_px, points = posed("left", count=4)
    whole = solve(MODEL, "left", image_px, points, CAMERA, BETAS)
    image_px[2, 7, 1] = np.nan
    found = solve(MODEL, "left", image_px, points, CAMERA, BETAS)
    for name in ("rotations", "axis_angle", "quaternions", "translation", "wrist", "reprojection_px"):
        assert np.isnan(getattr(found, name)[2]).all()
        kept, before = np.delete(getattr(found, name), 2, 0), np.delete(getattr(whole, name), 2, 0)
        assert np.abs(kept) == pytest.approx(np.abs(before))


def test_a_clip_without_any_hand_and_a_clip_without_frames_are_solved():
    for count in (5, 0):
        nothing = np.full((count, 21, 3), np.nan)
        found = solve(MODEL, "left", nothing[..., :2], nothing, CAMERA, BETAS)
        assert found.quaternions.shape == (count, 16, 4)
        assert np.isnan(found.wrist).all()


def test_two_wrong_landmarks_hardly_move_the_hand():
    _, translation, image_px, points = posed("right", count=50)
    image_px[:, [8, 12]] += 60.0
    found = place(points - translation[:, None], image_px, CAMERA)
    assert np.median(np.linalg.norm(found - translation, axis=-1)) < 0.02
