"""MediaPipe Pose keeps nothing from clip to clip, and its noise stays off the terminal."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from annotators.pose import PoseFinder, PoseTracker
from annotators.quiet import native_stderr_silenced

BLANK = np.full((3, 704, 512, 3), 90, np.uint8)


@pytest.fixture(scope="module")
def tracker() -> PoseTracker:
    return PoseTracker()


def people(path: Path, count: int) -> np.ndarray:
    with av.open(f"file:{path}") as container:
        pictures = (picture.reformat(512, 704, "rgb24").to_ndarray() for picture in container.decode(video=0))
        return np.stack([picture for _, picture in zip(range(count), pictures, strict=False)])


def test_nobody_in_the_picture_is_nan_in_every_frame(tracker):
    track = tracker.track(BLANK)
    assert track.keypoints.shape == track.world.shape == (3, 33, 3)
    assert np.isnan(track.keypoints).all()
    assert np.isnan(track.world).all()


def test_no_frames_give_arrays_without_frames(tracker):
    assert tracker.track(BLANK[:0]).keypoints.shape == (0, 33, 3)


def test_no_body_in_a_single_blank_picture():
    assert PoseFinder().find(BLANK[0]) is None


def test_a_clip_is_measured_alike_whatever_came_before(tracker, media):
    clip = people(media / "hands/asl_book.mkv", 10)
    before = people(media / "talk/generated_halfbody_1.mp4", 10)
    fresh = PoseTracker().track(clip)
    tracker.track(before)
    again = tracker.track(clip)
    assert np.isfinite(fresh.world).all()
    assert np.array_equal(fresh.keypoints, again.keypoints)
    assert np.array_equal(fresh.world, again.world)


def test_loading_prints_nothing_and_stderr_works_afterwards():
    code = "import sys; from annotators.pose import PoseFinder; PoseFinder(); print('heard', file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr.split() == ["heard"]


def test_silence_ends_with_an_exception(capfd):
    def fail() -> None:
        with native_stderr_silenced():
            os.write(2, b"unheard")
            raise ValueError("broken model")

    with pytest.raises(ValueError, match="broken model"):
        fail()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
