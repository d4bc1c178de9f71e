"""Where in time a model's hidden states lie, and what they are at the middles of frames.

The convolutions of wav2vec 2.0 and its kin have no padding, so state i sees the samples [i * stride, i * stride +
field) and stands for their middle; at 320 and 400 samples that is 12.5 ms + i * 20 ms. The middle of frame t is
20 ms + t * 40 ms, which lies at state 2t + 0.375 whatever the clip's length. Torch's `interpolate(size=T)` spreads
all states over T frames instead: in a clip of 12 s that takes the first frame's from 2.5 ms too late and the last
frame's from 17.5 ms too early, and in a cut of another length from elsewhere; with `align_corners`, all from 7.5 ms
too early.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from annotators.audio.frames import SAMPLES_A_FRAME


@dataclass(frozen=True)
class StateClock:
    """When the hidden states of a model are."""

    stride: int  # samples from one state to the next
    field: int  # samples that a state's convolutions see

    @classmethod
    def of(cls, config: Any) -> "StateClock":
        """That of a transformers config with `conv_kernel` and `conv_stride`, one number a layer."""
        kernels, strides = list(config.conv_kernel), list(config.conv_stride)
        widened = ((kernel - 1) * prod(strides[:layer]) for layer, kernel in enumerate(kernels))
        return cls(prod(strides), 1 + sum(widened))

    def places(self, frames: int) -> np.ndarray:
        """(T,) float64: the middle of each frame, counted in states."""
        middles = (np.arange(frames) + 0.5) * SAMPLES_A_FRAME
        return (middles - self.field / 2) / self.stride

    def at_frames(self, states: np.ndarray, frames: int) -> np.ndarray:
        """(T, ...) of (N, ...) states, between the two nearest in time; the first and the last are held."""
        places = np.clip(self.places(frames), 0, len(states) - 1)
        before = places.astype(int)
        after = np.minimum(before + 1, len(states) - 1)
        share = (places - before).astype(states.dtype).reshape(-1, *[1] * (states.ndim - 1))
        return (1 - share) * states[before] + share * states[after]
