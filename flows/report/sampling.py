"""Which clips a report of a large lake draws, and which frames of a clip."""

from collections.abc import Sequence

import numpy as np


def choose_clips(
    states: np.ndarray, reasons: Sequence[str | None], doubts: np.ndarray, limit: int, seed: int
) -> list[int]:
    """Indices of at most `limit` clips: half kept, half filtered, and the filtered evenly over their reasons.

    Half of the kept are those with the highest `doubts` (N,), the rest is drawn at random. Where one half of
    the whole has too few, the other fills up. Quarantined clips have no picture and are left out. The same
    arguments always choose the same clips.
    """
    draw = np.random.default_rng(seed)
    kept = draw.permutation(np.flatnonzero(states == "kept"))
    filtered = _in_turn(draw.permutation(np.flatnonzero(states == "filtered")), reasons)
    n_kept = min(len(kept), max(limit - limit // 2, limit - len(filtered)))
    n_worst = (n_kept + 1) // 2
    worst = kept[np.argsort(-doubts[kept], kind="stable")[:n_worst]]
    others = kept[~np.isin(kept, worst)][: n_kept - n_worst]
    return sorted(map(int, [*worst, *others, *filtered[: limit - n_kept]]))


def spread_frames(n_frames: int, wanted: int) -> list[int]:
    """`wanted` frame indices in the middles of equal parts of the clip; all frames where it has fewer."""
    count = min(n_frames, wanted)
    return [int((i + 0.5) * n_frames / count) for i in range(count)]


def _in_turn(clips: np.ndarray, reasons: Sequence[str | None]) -> list[int]:
    """The clips reordered so that every reason has its turn before one has a second."""
    turns: dict[str | None, int] = {}
    placed = []
    for clip in map(int, clips):
        reason = reasons[clip]
        turns[reason] = turns.get(reason, 0) + 1
        placed.append((turns[reason], reason or "", clip))
    return [clip for _, _, clip in sorted(placed)]
