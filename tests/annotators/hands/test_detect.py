"""MediaPipe on a rendered talker: what comes out of it, and that it keeps nothing between clips."""

from collections.abc import Iterator

import numpy as np
import pytest

from annotators.hands.detect import HandDetector
from datasets.talker.clips import TalkerClip, talker_clip

SIZE = np.array([512, 704])


@pytest.fixture(scope="module")
def clip() -> TalkerClip:
    return talker_clip(1)


@pytest.fixture(scope="module")
def detector() -> Iterator[HandDetector]:
    with HandDetector(max_hands=2, min_detection=0.5, min_tracking=0.5) as found:
        yield found


def test_hands_lie_where_they_were_rendered(detector: HandDetector, clip: TalkerClip):
    hands = detector.detect(clip.frames[20:25])[-1]
    truth = clip.truth.keypoints_2d[24]
    nearest = [np.linalg.norm(hand.image * SIZE - truth, axis=-1).mean(axis=-1).argmin() for hand in hands]
    errors = [np.linalg.norm(hand.image * SIZE - truth, axis=-1).mean(axis=-1).min() for hand in hands]
    assert sorted(nearest) == [0, 1]
    assert max(errors) < 15
    for hand in hands:
        assert hand.depth[0] == pytest.approx(0, abs=1e-3)  # behind the wrist
        assert np.ptp(hand.world, axis=0).max() == pytest.approx(0.15, abs=0.1)  # metres
        assert 0.5 <= hand.score <= 1
        assert hand.label in ("Left", "Right")


def test_a_clip_is_not_told_from_the_one_before(detector: HandDetector, clip: TalkerClip):
    first = detector.detect(clip.frames[:3])
    detector.detect(clip.frames[30:33])
    again = detector.detect(clip.frames[:3])
    assert [len(frame) for frame in first] == [len(frame) for frame in again]
    for one, other in zip(first[-1], again[-1], strict=True):
        assert (one.image == other.image).all()


def test_an_empty_room_has_no_hands(detector: HandDetector):
    assert detector.detect(np.full((2, 704, 512, 3), 128, np.uint8)) == [[], []]
