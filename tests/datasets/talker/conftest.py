from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from datasets.talker import TalkerTruth, write_talker


@dataclass(frozen=True)
class Written:
    video: Path
    truth_file: Path
    truth: TalkerTruth


def pictures(video: Path) -> np.ndarray:
    """(T, H, W, 3) decoded RGB."""
    with av.open(str(video)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def sound(video: Path) -> tuple[np.ndarray, int]:
    """Decoded samples (S,) and their rate."""
    with av.open(str(video)) as container:
        rate = container.streams.audio[0].rate
        blocks = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(blocks), rate


@pytest.fixture(scope="session")
def talker(tmp_path_factory) -> Written:
    """Nine seconds in four shots (cut, fade, cut), small."""
    folder = tmp_path_factory.mktemp("talker")
    video, truth_file = folder / "talker.mp4", folder / "talker.npz"
    truth = write_talker(video, seconds=9, shots=4, seed=3, truth=truth_file, width_px=320, height_px=180)
    return Written(video, truth_file, truth)
