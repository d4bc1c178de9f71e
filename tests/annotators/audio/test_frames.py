"""Sound brought to the picture's length."""

import numpy as np
import pytest

from annotators.audio.frames import as_long_as


@pytest.mark.parametrize("samples", [0, 639, 640, 1281])
def test_sound_is_as_long_as_its_frames(samples):
    audio = np.ones(samples, np.float32)
    fitted = as_long_as(audio, 2)
    assert fitted.shape == (1280,)
    assert fitted.dtype == np.float32
    assert fitted.sum() == min(samples, 1280)
    assert fitted[: min(samples, 1280)].all()
