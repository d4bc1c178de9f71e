"""Detections that are the same hand from frame to frame, and how far they keep from the body's wrists.

The pose's wrist leaps to somebody else's hand for some frames at a time, and the detections do not leap with
it: so it is a run of detections that is near a wrist or is not, not one detection. A run counts as near as it is
in the nearest quarter of a second's frames. `make bench-hands` counts the hands that go to the wrong side.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from annotators.hands.arms import Arms

_SAME_HAND = 0.5  # of the hand's span, mean over the landmarks, from one frame to the next
_WINDOW_FRAMES = 25  # one second
_QUARTILE = 0.25


def wrist_distances(points: Sequence[np.ndarray], arms: Arms, min_visibility: float) -> list[np.ndarray]:
    """For each frame (n, 2), left and right: how far its n hands are from the body's wrists, in forearms.

    points: of each frame (n, 21, 2) px. Quartiles over the second about the frame, of the hand's run. Infinite
    where the wrist is less visible than `min_visibility`, NaN where no body was found.
    """
    single = [_distances(hands, arms, frame, min_visibility) for frame, hands in enumerate(points)]
    steady = [values.copy() for values in single]
    for run in _runs(points):
        values = _running_quartile(np.array([single[frame][index] for frame, index in run]))
        for (frame, index), value in zip(run, values, strict=True):
            steady[frame][index] = value
    return steady


def _distances(hands: np.ndarray, arms: Arms, frame: int, min_visibility: float) -> np.ndarray:
    distances = np.linalg.norm(hands[:, None, 0] - arms.wrists_px[frame], axis=-1) / arms.forearm_px
    hidden = arms.visible[frame] < min_visibility
    return np.where(hidden & np.isfinite(distances), np.inf, distances)


def _runs(points: Sequence[np.ndarray]) -> list[list[tuple[int, int]]]:
    """(frame, index) of detections that follow each other without a gap."""
    runs: list[list[tuple[int, int]]] = []
    open_runs: dict[int, list[tuple[int, int]]] = {}
    for frame, hands in enumerate(points):
        before = points[frame - 1] if frame else hands[:0]
        links = _links(before, hands)
        now = {index: open_runs[links[index]] if index in links else [] for index in range(len(hands))}
        for index, run in now.items():
            if not run:
                runs.append(run)
            run.append((frame, index))
        open_runs = now
    return runs


def _links(before: np.ndarray, now: np.ndarray) -> dict[int, int]:
    """For hands (n, 21, 2) that were there in the frame before: its index there; each other's nearest."""
    if not len(before) or not len(now):
        return {}
    apart = np.linalg.norm(now[:, None] - before[None], axis=-1).mean(axis=-1)
    spans = np.ptp(now, axis=1).max(axis=-1)
    nearest, back = apart.argmin(axis=1), apart.argmin(axis=0)
    return {
        index: int(other)
        for index, other in enumerate(nearest)
        if back[other] == index and apart[index, other] <= _SAME_HAND * spans[index]
    }


def _running_quartile(values: np.ndarray) -> np.ndarray:
    """(n, 2) lower quartiles over the window about each row; NaN left out."""
    half = _WINDOW_FRAMES // 2
    padded = np.pad(values, ((half, half), (0, 0)), constant_values=np.nan)
    windows = sliding_window_view(padded, _WINDOW_FRAMES, axis=0)
    quartiles = np.full(values.shape, np.nan)
    some = ~np.isnan(windows).all(axis=-1)
    # "lower" takes no mean, which infinity would spoil
    quartiles[some] = np.nanquantile(windows[some], _QUARTILE, axis=-1, method="lower")
    return quartiles
