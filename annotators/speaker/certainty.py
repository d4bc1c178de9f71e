"""From evidence to the probability that mouth and sound belong together, where either is as likely beforehand.

Evidence of strangers is about the same whatever the length; that of a speaker grows with the root of the frames. The
log-odds of two normal distributions of one width, whose middles are so far apart, are s (a T + b + c s), with T the
strength and s the root of the frames seen, in units of 200 frames. So two seconds never make it certain either way.

The three constants are a logistic regression on rendered talkers (`python -m benchmarks active-speaker --part fit`
makes them again): 24 talkers of 4 to 12 s whose measured mouths were mixed with 40 to 85 % of another talker's,
since a real mouth follows its sound far less than a rendered one does (correlation of the opening 0.1 to 0.5 against
0.8), cut to 2 to 12 s, each against its own sound and that of others. How much was mixed in was chosen so that these
correlations are as of real people; the constants themselves saw none. Log loss on pieces of 2 to 12 s of the real
clips of `evidence.py`: 0.47, where constants fitted on those very pieces reach 0.46 and no knowledge 0.69. AUROC of
these pieces: 0.68 at 2 s, 0.80 at 3 s, 0.81 at 4 s, 0.90 from 6 s on.
"""

from dataclasses import dataclass

import numpy as np

_UNIT_FRAMES = 200.0
_SUREST = 12.0  # log-odds; beyond it a probability is 0 or 1 in float32


@dataclass(frozen=True)
class Certainty:
    """Constants of the log-odds; see the module's first lines."""

    strength: float = 0.86
    offset: float = -2.7
    length: float = -1.34

    def probability(self, strength: float, frames: int) -> float:
        """In [0, 1]; frames: how many of them a mouth was seen in."""
        odds = float(terms(np.array([strength]), np.array([frames]))[0] @ self.weights)
        return 1 / (1 + float(np.exp(-np.clip(odds, -_SUREST, _SUREST))))

    @property
    def weights(self) -> np.ndarray:
        """(3,) of `terms`."""
        return np.array([self.strength, self.offset, self.length])


def terms(strength: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(N, 3) what the constants multiply, of (N,) strengths and (N,) counts of frames."""
    size = np.sqrt(frames / _UNIT_FRAMES)
    return np.stack([size * strength, size, size * size], axis=-1)
