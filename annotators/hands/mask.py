"""Which frames have a hand to learn from: none, measured, or interpolated over a short gap."""

from dataclasses import dataclass

import numpy as np

from datasets.hand.layout import INTERPOLATED, MEASURED


@dataclass(frozen=True)
class MaskParams:
    """A hand is taken from `enter` on and kept down to `leave`; confidences in [0, 1].

    `make bench-hands` prints how many right and wrong hands they leave. A higher `leave` loses more right hands
    than it is worth: poses bridged over doubtful frames were no better than the doubtful ones.
    """

    enter: float = 0.5
    leave: float = 0.3
    shortest_run: int = 5  # measured frames (0.2 s): less shows no motion
    max_gap: int = 5  # frames


def mask(confidence: np.ndarray, measured: np.ndarray, params: MaskParams = MaskParams()) -> np.ndarray:
    """(T, 2) uint8: 0 none, 1 measured, 2 interpolated.

    Measured frames with confidence of at least `leave` are joined over gaps of up to `max_gap` frames. Of the
    spans so made, those count that reach `enter` somewhere and hold at least `shortest_run` measured frames;
    the gaps inside them, be nothing measured there or nothing good, are interpolated. Time may run either way.
    confidence, measured: (T, 2); NaN confidence is no confidence.
    """
    result = np.zeros(measured.shape, np.uint8)
    for side in range(measured.shape[1]):
        sure = np.nan_to_num(np.asarray(confidence[:, side], float))
        good = np.flatnonzero(measured[:, side].astype(bool) & (sure >= params.leave))
        breaks = np.flatnonzero(np.diff(good) > params.max_gap + 1) + 1
        for span in np.split(good, breaks):
            if len(span) >= max(params.shortest_run, 1) and sure[span].max() >= params.enter:
                result[span[0] : span[-1] + 1, side] = INTERPOLATED
                result[span, side] = MEASURED
    return result
