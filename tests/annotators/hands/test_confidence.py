from dataclasses import replace

import numpy as np
import pytest

from annotators.hands.confidence import FEATURE_NAMES, confidence_features
from annotators.hands.fit import ClipFit, FittedHand
from annotators.hands.tracks import CROPPED, TRACKED, HandTracks
from datasets.hand.neutral import neutral_hand
from datasets.schema import HAND_FEATURES

FRAMES, WIDTH_PX, HEIGHT_PX = 8, 512, 704


def hand_points(left_px: float, top_px: float, size_px: float = 100.0) -> np.ndarray:
    """(21, 2) fractions: a hand whose box starts there and is `size_px` high and half as broad."""
    grid = np.stack([np.linspace(0, 0.5, 21), np.linspace(0, 1, 21) ** 2], axis=1)
    return (np.array([left_px, top_px]) + size_px * grid) / [WIDTH_PX, HEIGHT_PX]


def tracks_at(left: np.ndarray, right: np.ndarray) -> HandTracks:
    """Both hands standing still."""
    image = np.broadcast_to(np.stack([left, right]), (FRAMES, 2, 21, 2)).copy()
    world = neutral_hand().forward(np.tile(np.eye(3), (1, 16, 1, 1)), np.zeros((1, 3)), np.zeros(10), "right")
    return HandTracks(
        image=image,
        depth=np.zeros((FRAMES, 2, 21)),
        world=np.broadcast_to(world.keypoints, (FRAMES, 2, 21, 3)).copy(),
        score=np.full((FRAMES, 2), 0.9),
        clarity=np.full((FRAMES, 2), 0.7),
        chirality=np.full((FRAMES, 2), 0.2),
        wrist_gap=np.full((FRAMES, 2), 0.1),
        origin=np.full((FRAMES, 2), TRACKED, np.uint8),
        others=0,
    )


def fitted(image_px: float = 2.0) -> FittedHand:
    """A hand whose landmarks all miss by as much."""
    return FittedHand(
        rotations=np.tile(np.eye(3), (FRAMES, 16, 1, 1)),
        axis_angle=np.zeros((FRAMES, 16, 3)),
        quaternions=np.zeros((FRAMES, 16, 4)),
        translation=np.zeros((FRAMES, 3)),
        wrist=np.zeros((FRAMES, 3)),
        keypoints=np.zeros((FRAMES, 21, 3)),
        angle_std_rad=np.full((FRAMES, 16), 0.1),
        translation_std_m=np.full((FRAMES, 3), 0.01),
        image_residual_px=np.full((FRAMES, 21), image_px),
        depth_residual_m=np.full((FRAMES, 21), -0.004),
        point_weight=np.ones((FRAMES, 21)),
    )


def features(tracks: HandTracks, fit: ClipFit | None = None, **others) -> dict[str, np.ndarray]:
    """(T, 2) by name."""
    pictures = np.zeros((FRAMES, HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    fit = fit or ClipFit(np.zeros(10), fitted(), fitted())
    values = confidence_features(pictures, tracks, fit, others.pop("body", None), **others)
    assert values.shape == (FRAMES, 2, len(FEATURE_NAMES))
    assert values.dtype == np.float32
    return dict(zip(FEATURE_NAMES, np.moveaxis(values, -1, 0), strict=True))


APART = tracks_at(hand_points(300, 200), hand_points(50, 200))


def test_the_schema_has_room_for_all_features():
    assert len(FEATURE_NAMES) == HAND_FEATURES


def test_what_was_measured_is_passed_on():
    found = features(APART)
    assert found["score"] == pytest.approx(np.full((FRAMES, 2), 0.9))
    assert found["clarity"] == pytest.approx(np.full((FRAMES, 2), 0.7))
    assert found["chirality"][3].tolist() == pytest.approx([0.2, 0.2])
    assert found["wrist_gap"][3].tolist() == pytest.approx([0.1, 0.1])
    assert found["size_px"][3].tolist() == pytest.approx([100, 100])


def test_residuals_are_shares_of_the_hands_size_in_the_picture():
    small = tracks_at(hand_points(300, 200), hand_points(50, 200, size_px=50))
    found = features(small, ClipFit(np.zeros(10), fitted(2.0), fitted(2.0)))
    assert found["image_residual"][4].tolist() == pytest.approx([0.02, 0.04])
    assert found["depth_residual_m"][4].tolist() == pytest.approx([0.004, 0.004])
    assert found["angle_std_rad"][4].tolist() == pytest.approx([0.1, 0.1])


def test_lost_weight_is_the_share_of_landmarks_that_count_less_than_half():
    weights = np.ones((FRAMES, 21))
    weights[2, :7] = 0.3
    fit = ClipFit(np.zeros(10), replace(fitted(), point_weight=weights), fitted())
    assert features(APART, fit)["lost_weight"][1:4, 0].tolist() == pytest.approx([0, 1 / 3, 0])


def test_every_feature_is_nan_in_a_frame_without_the_hand_and_not_in_the_other_hands():
    image = APART.image.copy()
    image[3, 0] = np.nan
    found = features(replace(APART, image=image))
    for name in FEATURE_NAMES:
        assert np.isnan(found[name][3, 0]), name
        assert np.isfinite(found[name][3, 1]) or name in ("disagreement", "overlap"), name


def test_a_hand_that_stands_still_has_neither_speed_nor_jitter():
    found = features(APART)
    assert np.abs(found["speed"]).max() == 0
    assert np.nanmax(np.abs(found["jitter"])) == 0


def test_steady_motion_is_speed_and_not_jitter():
    image = APART.image + np.arange(FRAMES)[:, None, None, None] * np.array([10.0 / WIDTH_PX, 0])
    found = features(replace(APART, image=image))
    assert found["speed"][4].tolist() == pytest.approx([0.1, 0.1])
    assert np.nanmax(np.abs(found["jitter"])) < 1e-5


def test_one_shaken_frame_is_jitter_in_its_neighbourhood_only():
    image = APART.image.copy()
    image[4, 0, :, 0] += 10 / WIDTH_PX
    jitter = features(replace(APART, image=image))["jitter"]
    assert jitter[4, 0] > 0.1
    assert jitter[1, 0] == 0
    assert np.nanmax(jitter[:, 1]) == 0


def test_overlap_is_the_share_of_the_box_that_the_other_hand_covers():
    half = tracks_at(hand_points(300, 200), hand_points(300, 250))
    assert features(half)["overlap"][0].tolist() == pytest.approx([0.5, 0.5])
    assert features(APART)["overlap"][0].tolist() == [0, 0]


def test_a_hand_that_was_not_found_is_supposed_at_the_bodys_wrist():
    image = APART.image.copy()
    image[:, 1] = np.nan
    body = np.full((FRAMES, 33, 3), 0.9)
    body[:, 16, :2] = APART.image[0, 0].mean(axis=0)  # the right wrist right under the left hand
    lonely = replace(APART, image=image)
    assert features(lonely, body=body)["overlap"][:, 0].tolist() == pytest.approx([1] * FRAMES)
    assert np.isnan(features(lonely)["overlap"]).all()


def test_the_border_is_as_many_hands_away_and_negative_outside():
    near = tracks_at(hand_points(20, 300), hand_points(500, 300))
    assert features(near)["border"][0].tolist() == pytest.approx([0.2, -0.38])


def test_crops_are_told_from_the_whole_picture():
    origin = APART.origin.copy()
    origin[5, 1] = CROPPED
    assert features(replace(APART, origin=origin))["cropped"][4:6].tolist() == [[0, 0], [0, 1]]


def test_disagreement_is_nan_where_there_is_one_backend():
    assert np.isnan(features(APART)["disagreement"]).all()
    given = features(APART, backend_disagreement=np.full((FRAMES, 2), 0.3))
    assert given["disagreement"] == pytest.approx(np.full((FRAMES, 2), 0.3))


def test_a_right_hand_is_better_explained_as_a_right_one():
    bent = np.tile(np.eye(3), (1, 16, 1, 1))
    turn = np.radians(50)
    bent[0, 1:] = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    world = neutral_hand().forward(bent, np.zeros((1, 3)), np.zeros(10), "right").keypoints[0]
    image = (np.array([250.0, 300.0]) + 600 * world[:, :2]) / [WIDTH_PX, HEIGHT_PX]
    same = tracks_at(image, image)
    tracks = replace(
        same,
        world=np.broadcast_to(world, same.world.shape).copy(),
        depth=np.broadcast_to(600 * world[:, 2] / WIDTH_PX, same.depth.shape).copy(),
    )
    residual = features(tracks)["side_residual"][0]
    assert residual[1] < 0.5 * residual[0]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_clips_too_short_for_motion_have_no_jitter(frames):
    short = HandTracks(
        **{
            name: value[:frames] for name, value in vars(APART).items() if name not in ("others", "rotations")
        },
        others=0,
    )
    cut = FittedHand(**{name: value[:frames] for name, value in vars(fitted()).items()})
    pictures = np.zeros((frames, HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    values = confidence_features(pictures, short, ClipFit(np.zeros(10), cut, cut), None)
    assert values.shape == (frames, 2, len(FEATURE_NAMES))
    assert np.isnan(values[..., FEATURE_NAMES.index("jitter")]).all()
