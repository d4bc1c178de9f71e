"""Where the states of a model lie."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import AutoModel

from annotators.audio.states import StateClock

WAV2VEC2 = SimpleNamespace(conv_kernel=(10, 3, 3, 3, 3, 2, 2), conv_stride=(5, 2, 2, 2, 2, 2, 2))


def test_wav2vec2_gives_a_state_for_320_samples_each_of_which_sees_400():
    assert StateClock.of(WAV2VEC2) == StateClock(stride=320, field=400)


def test_the_field_is_what_the_convolutions_really_see(make_model):
    """One sample changed changes those states whose field holds it; the norm over channels keeps it at that."""
    found = make_model(feat_extract_norm="layer")
    convolutions = AutoModel.from_pretrained(found.path, local_files_only=True).feature_extractor.eval()
    clock = StateClock.of(WAV2VEC2)
    sound = torch.randn(1, 6400, generator=torch.Generator().manual_seed(0))
    for sample in (1000, 1599, 1600, 1999, 2000):
        other = sound.clone()
        other[0, sample] += 1.0
        with torch.inference_mode():
            changed = (convolutions(sound) != convolutions(other)).any(dim=1)[0].nonzero()[:, 0].tolist()
        firsts = np.arange(19) * clock.stride
        assert changed == np.flatnonzero((firsts <= sample) & (sample < firsts + clock.field)).tolist()


def test_the_middle_of_a_frame_lies_at_state_2t_and_three_eighths():
    assert StateClock(320, 400).places(3) == pytest.approx([0.375, 2.375, 4.375])


@pytest.mark.parametrize("frames", [2, 50, 300])
def test_frames_take_what_is_at_their_middle_whatever_the_clips_length(frames):
    """States that hold their own time give frames that hold theirs; the last frame holds the last state."""
    clock = StateClock(320, 400)
    count = (frames * 640 - clock.field) // clock.stride + 1
    states_s = (np.arange(count) * 320 + 200)[:, None, None] / 16_000
    frames_s = clock.at_frames(states_s, frames)[:, 0, 0]
    assert frames_s[:-1] == pytest.approx((np.arange(frames - 1) + 0.5) / 25)
    assert frames_s[-1] == pytest.approx(states_s[-1, 0, 0])


def test_one_state_is_held_for_all_frames():
    assert StateClock(320, 400).at_frames(np.full((1, 2, 3), 7.0), 4) == pytest.approx(
        np.full((4, 2, 3), 7.0)
    )
