from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators.hands.fit import ClipFit, FitSettings, FittedHand, HandObservations, fit_clip
from benchmarks.hands.motions import motions
from benchmarks.hands.noise import NoiseModel, measured
from datasets.hand.model import SIDES, Side
from datasets.hand.rotations import (
    axis_angle_to_matrix,
    geodesic_deg,
    mirror_axis_angle,
    quaternion_to_matrix,
)
from tests.annotators.hands.fit.scenes import (
    CAMERA,
    EXACT,
    MIRROR,
    MODEL,
    arrays,
    random_pose,
    seen,
    unseen,
    without,
)


def fit_one(side: Side, hand: HandObservations, chosen: FitSettings | None = None) -> FittedHand:
    other = unseen(len(hand.image_px))
    pair = (hand, other) if side == "left" else (other, hand)
    return getattr(fit_clip(MODEL, *pair, CAMERA, chosen), side)


def moving(n_frames: int = 40, seed: int = 0, noise: NoiseModel | None = None) -> tuple:
    """Both hands in motion, and their noisy landmarks."""
    pair = motions(MODEL, n_frames, seed)
    return pair, tuple(measured(motion, CAMERA, noise or NoiseModel(), seed) for motion in pair)


@pytest.mark.parametrize("side", SIDES)
def test_exact_landmarks_give_back_the_pose_they_came_from(side: Side):
    rotations, posed = random_pose(side, 60, seed=1)
    found = fit_one(side, seen(posed.keypoints), EXACT)
    assert geodesic_deg(found.rotations[:, 0], rotations[:, 0]).max() < 0.3
    assert np.median(geodesic_deg(found.rotations, rotations)) < 0.1
    assert np.percentile(geodesic_deg(found.rotations, rotations), 99) < 1.0  # the thumb's twist hardly shows
    assert np.linalg.norm(found.keypoints - posed.keypoints, axis=-1).mean() < 3e-4
    assert found.wrist == pytest.approx(posed.keypoints[:, 0], abs=2e-3)


def test_both_hands_share_one_shape_found_up_to_its_overall_size():
    betas = np.array([0.0, 1.0, 0.0, -1.2, 0.8, 1.0, 0.0, 1.5, -1.0, 0.0])
    (_, left), (_, right) = (random_pose(side, 60, seed, betas) for side, seed in (("left", 2), ("right", 3)))
    found = fit_clip(MODEL, seen(left.keypoints), seen(right.keypoints), CAMERA, EXACT)
    true_rest, rest = MODEL.joints(betas), MODEL.joints(found.betas)
    bones = [np.linalg.norm(np.diff(hand[[0, 1, 2, 3]], axis=0), axis=1) for hand in (true_rest, rest)]
    true_share, share = (lengths / lengths[0] for lengths in bones)
    assert share == pytest.approx(true_share, rel=0.01)
    assert np.ptp(rest, axis=0).max() == pytest.approx(
        np.ptp(MODEL.joints(np.zeros(10)), axis=0).max(), rel=0.05
    )


@pytest.mark.parametrize("gain", [0.6, 1.2])
def test_depth_that_a_detector_shrinks_or_stretches_does_not_bend_the_hand(gain: float):
    rotations, posed = random_pose("right", 60, seed=4)
    hand = seen(posed.keypoints)
    stretched = replace(hand, points=hand.points * [1, 1, gain])
    found = fit_one("right", stretched, replace(EXACT, gain_std=1.0))
    assert np.median(geodesic_deg(found.rotations, rotations)) < 0.5


@pytest.mark.parametrize("unit", [1e-2, 1.0, 800.0])
def test_the_unit_of_the_landmarks_in_space_does_not_matter(unit: float):
    _, posed = random_pose("right", 20, seed=5)
    hand = seen(posed.keypoints)
    found = fit_one("right", replace(hand, points=unit * hand.points), EXACT)
    assert found.keypoints == pytest.approx(posed.keypoints, abs=5e-3)


def test_wrong_landmarks_are_shrugged_off():
    _, (_, hand) = moving(noise=NoiseModel(outlier_share=0.0))
    image_px, points = hand.image_px.copy(), hand.points.copy()
    image_px[::3, 8] += 40.0
    points[::3, 8, 2] += 0.05
    clean = fit_one("right", hand)
    wrong = fit_one("right", replace(hand, image_px=image_px, points=points))
    assert np.linalg.norm(wrong.keypoints - clean.keypoints, axis=-1).mean() < 3e-3
    assert wrong.point_weight[::3, 8].max() < 0.1
    assert np.median(wrong.point_weight[:, 12]) > 0.5


def test_gaps_of_five_frames_are_bridged_and_gaps_of_six_are_not():
    (_, motion), (_, hand) = moving(60)
    short, long = list(range(10, 15)), list(range(30, 36))
    found = fit_one("right", without(hand, short + long))
    assert found.solved[short].all()
    assert not found.solved[long].any()
    assert np.isnan(found.point_weight[short]).all()
    bridged = np.linalg.norm((found.keypoints - motion.keypoints)[short], axis=-1)
    assert (
        np.median(bridged - np.median(np.linalg.norm(found.keypoints - motion.keypoints, axis=-1)[:10]))
        < 0.02
    )
    assert found.angle_std_rad[12].mean() > 1.3 * found.angle_std_rad[8].mean()


def test_nothing_is_made_up_before_the_first_and_after_the_last_measurement():
    _, (_, hand) = moving(20)
    found = fit_one("right", without(without(hand, slice(0, 3)), slice(17, 20)))
    assert found.solved.tolist() == [False] * 3 + [True] * 14 + [False] * 3


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_mirroring_the_picture_swaps_the_sides_and_mirrors_the_parameters(seed: int):
    _, (left, right) = moving(6, seed)
    fit = fit_clip(MODEL, left, right, CAMERA)
    mirrored = [
        replace(
            hand, image_px=hand.image_px * [-1, 1] + [2 * CAMERA.centre_x_px, 0], points=hand.points * MIRROR
        )
        for hand in (right, left)
    ]
    other = fit_clip(MODEL, *mirrored, CAMERA)
    assert other.betas == pytest.approx(fit.betas, abs=1e-6)
    for hand, twin in ((other.left, fit.right), (other.right, fit.left)):
        assert hand.wrist == pytest.approx(twin.wrist * MIRROR, abs=1e-6)
        assert hand.axis_angle == pytest.approx(mirror_axis_angle(twin.axis_angle), abs=1e-6)


def test_axis_angle_quaternions_wrist_and_landmarks_say_the_same_as_the_matrices():
    _, (left, right) = moving(15)
    fit = fit_clip(MODEL, left, right, CAMERA)
    for side, hand in zip(SIDES, fit.hands, strict=True):
        assert quaternion_to_matrix(hand.quaternions) == pytest.approx(hand.rotations, abs=1e-9)
        assert hand.wrist == pytest.approx(MODEL.joints(fit.betas, side)[0] + hand.translation, abs=1e-9)
        posed = MODEL.forward(hand.rotations, hand.translation, fit.betas, side)
        assert hand.keypoints == pytest.approx(posed.keypoints, abs=1e-9)


def test_quaternions_keep_their_sign_through_a_full_turn_and_across_a_long_gap():
    turns = np.zeros((60, 16, 3))
    turns[:, 0, 2] = np.linspace(0, 2 * np.pi, 60)
    place = np.tile([0.0, 0.0, 1.0], (60, 1))
    turning = MODEL.forward(axis_angle_to_matrix(turns), place, np.zeros(10), "right").keypoints
    found = fit_one("right", without(seen(turning), slice(20, 30))).quaternions
    kept = found[np.isfinite(found).all(axis=(1, 2))]
    assert len(kept) == 50
    assert np.sum(kept[1:] * kept[:-1], axis=-1).min() > 0
    assert np.sum(kept[0, 0] * kept[-1, 0]) < -0.9  # the double cover, not a jump


def test_residuals_are_what_is_left_between_the_picture_and_the_posed_hand():
    _, (_, hand) = moving(15)
    found = fit_one("right", hand)
    distance = np.linalg.norm(hand.image_px - CAMERA.project(found.keypoints), axis=-1)
    assert found.image_residual_px == pytest.approx(distance, abs=1e-6)


def test_a_missing_landmark_costs_its_frame_nothing_else():
    (_, motion), (_, hand) = moving(20)
    points = hand.points.copy()
    points[7, 12] = np.nan
    found = fit_one("right", replace(hand, points=points))
    assert found.solved.all()
    assert np.isnan(found.point_weight[7]).tolist() == [index == 12 for index in range(21)]
    assert np.median(geodesic_deg(found.rotations, motion.rotations)[7]) < 8


def test_a_backends_own_pose_decides_where_landmarks_are_silent():
    rotations, posed = random_pose("left", 8, seed=6)
    vague = replace(seen(posed.keypoints), weight=np.full((8, 21), 1e-4))
    chosen = FitSettings(backend_std_rad=0.02, smooth=False)
    alone = fit_one("left", vague, chosen)
    told = fit_one("left", replace(vague, rotations=rotations), chosen)
    errors = [np.median(geodesic_deg(found.rotations, rotations)[:, 1:]) for found in (alone, told)]
    assert errors[1] < 3 < errors[0]


def finite_or_nan(fit: ClipFit) -> bool:
    values = [fit.betas, *(array for hand in fit.hands for array in arrays(hand).values())]
    return np.isfinite(fit.betas).all() and not any(np.isinf(value).any() for value in values)


@pytest.mark.parametrize("n_frames", [0, 1, 2, 5])
def test_a_clip_without_hands_is_nan(n_frames: int):
    fit = fit_clip(MODEL, unseen(n_frames), unseen(n_frames), CAMERA)
    for hand in fit.hands:
        assert hand.rotations.shape == (n_frames, 16, 3, 3)
        assert all(np.isnan(values).all() for values in arrays(hand).values())


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_a_few_frames_are_fitted(n_frames: int):
    (_, motion), (_, hand) = moving(n_frames)
    found = fit_one("right", hand)
    assert np.median(geodesic_deg(found.rotations, motion.rotations)) < 12


@pytest.mark.parametrize(
    "spoil",
    [
        lambda image_px, points: (np.full_like(image_px, 250.0), np.zeros_like(points)),
        lambda image_px, points: (image_px, np.zeros_like(points)),
        lambda image_px, points: (np.full_like(image_px, 250.0), points),
        lambda image_px, points: (image_px * 1e6, points),
        lambda image_px, points: (image_px, points * 1e9),
        lambda image_px, points: (np.where(image_px > 300, np.inf, image_px), points),
        lambda image_px, points: (image_px[:, ::-1], points * [1, -1, -1]),
    ],
    ids=["one point", "flat", "one pixel", "huge picture", "huge points", "infinite", "nonsense"],
)
def test_landmarks_that_make_no_sense_never_raise_and_are_never_infinite(spoil):
    _, (left, right) = moving(12)
    image_px, points = spoil(right.image_px, right.points)
    assert finite_or_nan(fit_clip(MODEL, left, replace(right, image_px=image_px, points=points), CAMERA))


def test_the_same_clip_is_fitted_to_the_same_numbers():
    _, (left, right) = moving(12)
    first, second = (fit_clip(MODEL, left, right, CAMERA) for _ in range(2))
    for one, other in zip(first.hands, second.hands, strict=True):
        for name, values in arrays(one).items():
            np.testing.assert_array_equal(values, arrays(other)[name])


def test_posterior_deviations_grow_with_the_noise_and_are_within_twice_the_errors():
    deviations, errors = [], []
    for share in (0.01, 0.04):
        noise = NoiseModel(image_share=share, across_m=0.4 * share, depth_m=share)
        (_, motion), (_, hand) = moving(100, noise=noise)
        found = fit_one("right", hand)
        deviations.append(np.degrees(found.angle_std_rad[:, 1:]))
        errors.append(geodesic_deg(found.rotations, motion.rotations)[:, 1:])
    assert deviations[1].mean() > 1.3 * deviations[0].mean()
    for deviation, error in zip(deviations, errors, strict=True):
        assert (
            0.5 < np.sqrt(np.mean((error / deviation) ** 2)) < 2.0
        )  # the prior is narrower than these motions
