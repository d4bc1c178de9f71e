"""Which frames of a hand are solved, and which of them hang together in time."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spans:
    """The solved frames of both hands in one row of length S: all of the left's, then all of the right's."""

    side: np.ndarray  # (S,) 0 left, 1 right
    frame: np.ndarray  # (S,)
    run: np.ndarray  # (S,) number of the unbroken run of frames it belongs to
    observed: np.ndarray  # (S,) bool; the others are in gaps

    @property
    def follows(self) -> np.ndarray:
        """(S - 1,) bool: entry i + 1 is the frame after entry i, of the same hand."""
        return self.run[1:] == self.run[:-1]


def solved_spans(observed: np.ndarray, max_gap: int) -> Spans:
    """Spans of (T, 2) observed frames: gaps of at most `max_gap` between two of them are bridged."""
    sides, frames, runs, seen = [], [], [], []
    count = 0
    for side in range(2):
        found = np.flatnonzero(observed[:, side])
        breaks = np.flatnonzero(np.diff(found) > max_gap + 1) + 1
        for piece in np.split(found, breaks):
            if len(piece):
                span = np.arange(piece[0], piece[-1] + 1)
                sides.append(np.full(len(span), side))
                frames.append(span)
                runs.append(np.full(len(span), count))
                seen.append(observed[span, side])
                count += 1
    if not count:
        none = np.zeros(0, int)
        return Spans(none, none, none, none.astype(bool))
    return Spans(np.concatenate(sides), np.concatenate(frames), np.concatenate(runs), np.concatenate(seen))


def running_median(values: np.ndarray, known: np.ndarray, spans: Spans, width: int) -> np.ndarray:
    """(S,) the median of (S,) values over `width` known frames around each known one of its run; others as given."""
    smoothed = values.copy()
    for run in np.unique(spans.run):
        inside = np.flatnonzero((spans.run == run) & known)
        if len(inside):
            padded = np.pad(values[inside], width // 2, mode="symmetric")
            smoothed[inside] = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return smoothed
