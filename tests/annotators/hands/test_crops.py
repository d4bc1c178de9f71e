"""Second looks at rendered talkers whose hands are said to be missing."""

from collections.abc import Iterator

import numpy as np
import pytest

from annotators.hands.arms import Arms
from annotators.hands.backend import Detection
from annotators.hands.crops import WristLooks, enlarged, search_gap
from datasets.talker.clips import TalkerClip, talker_clip

SIZE = np.array([512, 704])
HAND = Detection(np.zeros((21, 2)), np.zeros(21), np.zeros((21, 3)), 1.0, None)


@pytest.fixture(scope="module")
def looks() -> Iterator[WristLooks]:
    with WristLooks() as found:
        yield found


@pytest.fixture(scope="module")
def clip() -> TalkerClip:
    return talker_clip(1, hand_px=60.0)


def arms_of(clip: TalkerClip, start: int, end: int) -> Arms:
    """The true arms."""
    truth, names = clip.truth, clip.truth.body_names.tolist()

    def joints(kind: str) -> np.ndarray:
        return truth.body_2d[start:end, [names.index(f"left_{kind}"), names.index(f"right_{kind}")]].astype(
            float
        )

    wrists, elbows = joints("wrist"), joints("elbow")
    forearm = float(np.linalg.norm(wrists - elbows, axis=-1).max())
    return Arms(wrists, elbows, np.ones((end - start, 2)), forearm)


def missing(frames: int, side: int) -> np.ndarray:
    return np.arange(2)[None].repeat(frames, axis=0) == side


@pytest.mark.parametrize("side", [0, 1])
def test_a_missed_hand_is_found_at_its_wrist(looks: WristLooks, clip: TalkerClip, side: int):
    found = looks.find(clip.frames[20:24], arms_of(clip, 20, 24), missing(4, side))
    assert {(frame, kind) for frame, kind, _ in found} >= {(frame, side) for frame in range(4)}
    for frame, kind, hand in found:
        truth = clip.truth.keypoints_2d[20 + frame, kind]
        assert np.linalg.norm(hand.image * SIZE - truth, axis=-1).mean() < 10
        assert hand.depth[0] == pytest.approx(0, abs=1e-3)
        assert np.ptp(hand.depth) * 512 < 80  # in pixels of the whole picture, as long as the hand or less


def test_a_hidden_wrist_or_one_outside_the_picture_is_not_looked_at(looks: WristLooks, clip: TalkerClip):
    arms = arms_of(clip, 20, 22)
    hidden = Arms(arms.wrists_px, arms.elbows_px, np.zeros((2, 2)), arms.forearm_px)
    outside = Arms(arms.wrists_px + 600, arms.elbows_px + 600, arms.visible, arms.forearm_px)
    for nowhere in (hidden, outside):
        assert looks.find(clip.frames[20:22], nowhere, missing(2, 0)) == []


def test_without_a_body_there_is_nothing_to_look_at(looks: WristLooks):
    nothing = np.full((2, 2, 2), np.nan)
    arms = Arms(nothing, nothing, np.full((2, 2), np.nan), 100.0)
    assert looks.find(np.zeros((2, 704, 512, 3), np.uint8), arms, np.ones((2, 2), bool)) == []


def test_a_hand_far_from_the_wrist_is_not_taken(looks: WristLooks, clip: TalkerClip):
    arms = arms_of(clip, 20, 21)
    beside = Arms(
        arms.wrists_px + np.array([0.6 * arms.forearm_px, 0]), arms.elbows_px, arms.visible, arms.forearm_px
    )
    assert looks.find(clip.frames[20:21], beside, missing(1, 0)) == []


@pytest.mark.parametrize(
    ("end", "looked_at"), [(5, [0, 1, 2, 3, 4]), (12, [0, 3, 6, 9, 4, 5, 7, 8]), (8, [0, 3, 6, 4, 5, 7])]
)
def test_long_gaps_are_looked_at_sparsely_until_something_is_found(end: int, looked_at: list[int]):
    seen: list[int] = []

    def look(frame: int) -> list[Detection]:
        seen.append(frame)
        return [HAND] if frame == 6 else []

    found = search_gap(0, end, look)
    assert seen == looked_at
    assert [frame for frame, hands in found.items() if hands] == ([6] if end > 6 else [])


def test_a_crop_shows_its_square_and_black_outside_the_picture():
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[10:20, 10:20] = 200
    crop = enlarged(picture, np.array([10.0, 10.0]), 10.0, 50)
    assert (crop[5:45, 5:45] == 200).all()
    assert (enlarged(picture + 99, np.array([-10.0, 0.0]), 10.0, 50)[:, :40] == 0).all()
