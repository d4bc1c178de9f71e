"""Made-up detections of a person who faces us: their left hand is on our right."""

from collections.abc import Sequence

import numpy as np
import pytest

from annotators.hands.arms import Arms
from annotators.hands.backend import Detection
from annotators.hands.crops import WristLooks
from annotators.hands.speaker import speaker_hands
from annotators.hands.tracks import CROPPED, NOT_FOUND, TRACKED, HandTracks
from datasets.hand.model import Side
from datasets.hand.neutral import neutral_hand
from datasets.talker.clips import talker_clip
from tests.annotators.hands.poses import BETAS, CAMERA, random_rotations

SIZE = np.array([512, 704])
LEFT, RIGHT, ELSEWHERE = (360, 400), (150, 400), (480, 100)
MODEL = neutral_hand()
FRAMES = np.random.default_rng(0).integers(0, 255, (2, 704, 512, 3), dtype=np.uint8)


def hand(wrist_px: tuple[int, int], kind: Side = "left", score: float = 0.9) -> Detection:
    """A bent hand, its wrist at the given place, as a perfect detector would describe it."""
    away = np.array([[0.0, 0.0, 1.5]])
    points = MODEL.forward(random_rotations(MODEL, kind, 1, seed=4), away, BETAS, kind).keypoints[0]
    image = CAMERA.project(points)
    image += np.array(wrist_px) - image[0]
    centred = (points - points.mean(axis=0)).astype(np.float32)
    depth = (points[:, 2] - points[0, 2]) * 600 / 512
    return Detection((image / SIZE).astype(np.float32), depth, centred, score, None)


def body(frames: int = 2) -> np.ndarray:
    """(T, 33, 3) a pose with 150 px forearms and a face at the top."""
    pose = np.ones((frames, 33, 3))
    pose[:, :11, :2] = np.random.default_rng(1).uniform([200, 50], [300, 150], (11, 2)) / SIZE
    places = {11: (350, 250), 12: (150, 250), 13: (360, 550), 14: (150, 550), 15: LEFT, 16: RIGHT}
    for point, place in places.items():
        pose[:, point, :2] = np.array(place) / SIZE
    return pose


class Finder(WristLooks):
    """Finds what it is told to, wherever something is missing."""

    def __init__(self, *found: tuple[int, int, Detection]):
        self._told = found

    def find(self, frames: np.ndarray, arms: Arms, missing: np.ndarray) -> list[tuple[int, int, Detection]]:
        return [(frame, side, one) for frame, side, one in self._told if missing[frame, side]]


def speaker(
    detections: Sequence[Sequence[Detection]], pose: np.ndarray | None, looks: WristLooks | None = None
) -> HandTracks:
    return speaker_hands(FRAMES, detections, pose, model=MODEL, camera=CAMERA, looks=looks)


def test_hands_go_to_their_sides_with_all_that_was_measured():
    left, right = hand(LEFT, "left"), hand(RIGHT, "right", score=0.7)
    tracks = speaker([[right, left], []], body())
    assert (tracks.image[0] == [left.image, right.image]).all()
    assert (tracks.world[0] == [left.world, right.world]).all()
    assert tracks.depth[0] == pytest.approx(np.array([left.depth, right.depth]))
    assert tracks.score.tolist() == [[0.9, 0.7], [0, 0]]
    assert tracks.origin.tolist() == [[TRACKED, TRACKED], [NOT_FOUND, NOT_FOUND]]
    assert tracks.measured.tolist() == [[True, True], [False, False]]
    assert tracks.wrist_gap[0] == pytest.approx(0, abs=1e-5)
    assert np.isnan(tracks.wrist_gap[1]).all()
    assert (tracks.chirality[0] > 0.1).all()
    assert (tracks.clarity[0] > 0.5).all()
    assert (tracks.clarity[1] == 0).all()
    assert tracks.others == 0


def test_other_peoples_hands_are_left_out_and_counted_once_a_frame():
    stranger = hand(ELSEWHERE)
    double = hand((ELSEWHERE[0] + 1, ELSEWHERE[1]), score=0.5)
    tracks = speaker([[hand(LEFT), stranger], [stranger, double]], body())
    assert tracks.others == 2
    assert tracks.measured.tolist() == [[True, False], [False, False]]


def test_a_missed_hand_is_taken_from_the_second_look():
    found = hand(RIGHT, "right")
    tracks = speaker([[hand(LEFT)], []], body(), Finder((0, 1, found)))
    assert tracks.origin.tolist() == [[TRACKED, CROPPED], [NOT_FOUND, NOT_FOUND]]
    assert (tracks.image[0, 1] == found.image).all()
    assert tracks.others == 0


def test_the_second_look_does_not_give_one_hand_to_both_sides():
    left, again = hand(LEFT), hand((LEFT[0] + 2, LEFT[1]))
    assert speaker([[left], []], body(), Finder((0, 1, again))).measured[0].tolist() == [True, False]
    between = Finder((0, 0, hand((255, 400), "left")), (0, 1, hand((257, 400), "left")))
    assert speaker([[], []], body(), between).measured[0].tolist() == [True, False]


def test_the_second_look_leaves_out_a_hand_of_the_other_side():
    tracks = speaker([[], []], body(), Finder((0, 1, hand(RIGHT, "left")), (1, 1, hand(RIGHT, "right"))))
    assert tracks.measured.tolist() == [[False, False], [False, True]]


def test_a_hand_that_was_left_out_is_not_taken_from_a_second_look_either():
    stranger = hand((RIGHT[0] - 100, RIGHT[1]), "right")
    tracks = speaker([[stranger], []], body(), Finder((0, 1, stranger)))
    assert not tracks.measured.any()
    assert tracks.others == 1


def test_mano_of_a_backend_is_carried_along():
    turned = np.tile(np.eye(3), (16, 1, 1))
    plain = hand(LEFT)
    rich = Detection(plain.image, plain.depth, plain.world, 0.9, None, rotations=turned)
    tracks = speaker([[rich], []], body())
    assert tracks.rotations is not None
    assert (tracks.rotations[0, 0] == turned).all()
    assert np.isnan(tracks.rotations[1]).all()
    assert speaker([[plain], []], body()).rotations is None


def test_without_a_body_fingers_decide_and_there_is_no_gap_to_its_wrist():
    tracks = speaker([[hand(LEFT, "right")], []], None)
    assert tracks.measured.tolist() == [[False, True], [False, False]]
    assert np.isnan(tracks.wrist_gap).all()


def test_a_clip_without_hands_has_empty_tracks():
    tracks = speaker([[], []], body())
    assert not tracks.measured.any()
    assert tracks.others == 0


def test_a_real_second_look_brings_back_a_rendered_hand():
    clip = talker_clip(1)
    names = clip.truth.body_names.tolist()
    pose = np.full((2, 33, 3), np.nan)
    for point, name in ((11, "shoulder"), (13, "elbow"), (15, "wrist")):
        for side, which in enumerate(("left", "right")):
            pose[:, point + side, :2] = clip.truth.body_2d[20:22, names.index(f"{which}_{name}")] / SIZE
    pose[:, 11:17, 2] = 1.0
    with WristLooks() as looks:
        tracks = speaker_hands(clip.frames[20:22], [[], []], pose, model=MODEL, camera=CAMERA, looks=looks)
    errors = np.linalg.norm(tracks.image * SIZE - clip.truth.keypoints_2d[20:22], axis=-1).mean(axis=-1)
    assert tracks.measured.sum() >= 3
    assert np.nanmax(errors) < 15
