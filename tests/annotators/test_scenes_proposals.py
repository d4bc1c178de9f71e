import numpy as np
import pytest
from scenedetect.detectors import AdaptiveDetector

from annotators.scenes.proposals import OneCallAdaptiveDetector, frame_number


def test_scores_are_those_of_the_library():
    generator = np.random.default_rng(0)
    ours, theirs = OneCallAdaptiveDetector(), AdaptiveDetector()
    for index in range(12):
        frame = generator.integers(0, 256, (36, 64, 3), dtype=np.uint8)
        ours.process_frame(frame_number(index), frame)
        theirs.process_frame(frame_number(index), frame)
        assert ours._frame_score == pytest.approx(theirs._frame_score, rel=1e-12)
    assert theirs._frame_score > 10


def test_cuts_are_those_of_the_library():
    frames = np.repeat(np.random.default_rng(1).integers(0, 256, (4, 36, 64, 3), dtype=np.uint8), 20, axis=0)
    ours, theirs = OneCallAdaptiveDetector(min_scene_len=0), AdaptiveDetector(min_scene_len=0)
    cuts = [
        [cut.frame_num for i, frame in enumerate(frames) for cut in one.process_frame(frame_number(i), frame)]
        for one in (ours, theirs)
    ]
    assert cuts[0] == cuts[1] == [20, 40, 60]
