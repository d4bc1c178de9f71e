import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks import media
from benchmarks.workloads.bare import Share, Span, pictures
from datasets.frame import CropBox
from datasets.media.decode import VideoReader

CROP = CropBox(40, 10, 160, 220)


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.talker(tmp_path_factory.mktemp("media"), seconds=2, shots=1, size_px=(320, 240))


def test_the_bare_loop_sees_the_pictures_that_an_ingest_sees(talker: Path):
    shown = list(pictures(Share(str(talker), (Span(10, 3, CROP), Span(30, 2, CROP)))))
    with VideoReader(talker) as reader:
        ours = [frame.i420(CROP) for frame in reader.frames() if frame.index in (10, 11, 12, 30, 31)]
    assert [picture.shape for picture in shown] == [(1056, 512)] * 5
    for bare, picture in zip(shown, ours, strict=True):
        assert np.abs(bare.astype(int) - picture).mean() < 2  # grey levels; its filter is another


def test_a_share_travels_as_json():
    share = Share("a.mp4", (Span(0, 50, CROP),))
    assert Share.of_json(json.dumps(asdict(share))) == share


def test_a_video_whose_frames_are_not_the_clips_is_refused(tmp_path: Path):
    from datasets.talker import write_talker

    write_talker(tmp_path / "fast.mp4", seconds=2, shots=1, width_px=128, height_px=96, rate_hz=30)
    with pytest.raises(ValueError, match="30 frames a second"):
        next(pictures(Share(str(tmp_path / "fast.mp4"), (Span(0, 1, CROP),))))
