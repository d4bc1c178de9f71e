import numpy as np
import pytest

from datasets.talker.codec import through_h264


def ramp(frames: int) -> np.ndarray:
    """Grey, brighter to the right and from frame to frame."""
    row = np.linspace(40, 180, 64)[None, None, :, None] + 4.0 * np.arange(frames)[:, None, None, None]
    return np.broadcast_to(row, (frames, 48, 64, 3)).astype(np.uint8)


@pytest.mark.parametrize("frames", [1, 2, 30])
def test_every_frame_comes_back_in_order_and_much_as_it_was(frames):
    found = through_h264(ramp(frames), crf=18)
    assert found.shape == (frames, 48, 64, 3)
    assert np.abs(found.astype(int) - ramp(frames)).mean() < 2


def test_a_high_crf_takes_detail():
    noise = np.random.default_rng(0).integers(0, 255, (4, 48, 64, 1), np.uint8).repeat(3, axis=-1)
    fine, coarse = (np.abs(through_h264(noise, crf).astype(int) - noise).mean() for crf in (10, 45))
    assert coarse > 2 * fine
