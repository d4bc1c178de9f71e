"""Which detected hand is the speaker's left, which the right, and which belongs to somebody else.

MediaPipe's own label supposes a mirrored picture and changes its mind, so it only breaks ties. What counts is
the nearest wrist of the speaker's body over a second (`annotators.hands.runs`), which side the pose of the
fingers fits (`annotators.hands.chirality`) and continuity in time, weighed over the whole clip at once: the
cheapest path through the frames, where each frame's states are all ways to give its detections to two sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from annotators.hands.arms import speaker_arms
from annotators.hands.backend import HAND_LANDMARKS, Detection
from annotators.hands.runs import wrist_distances

NOBODY = -1
# What a label costs the left and the right; "Left" is the speaker's right.
_CONTRADICTS = {"Left": (1.0, 0.0), "Right": (0.0, 1.0), None: (0.0, 0.0)}


@dataclass(frozen=True)
class SideCosts:
    """What speaks against giving a detection to a side. Distances are in forearms of the speaker."""

    wrist_scale: float = 0.35  # distance from the body's wrist that costs 1; true hands lay within 0.36
    min_visibility: float = 0.5  # of the body's wrist, below which that hand is hidden; true hands had 0.6
    move_scale: float = 0.4  # movement that costs 1, for each frame since the hand was last seen
    move_limit: float = 1.4  # no jump costs more, so that jumping in and out is cheaper than a missing hand
    label: float = 0.15  # a label that contradicts, times its score
    # fingers that fit the other side by `chirality_scale` or more; in proportion below
    chirality: float = 0.5
    # hand sizes; of true hands 99 % of real ones and 96 % of rendered stay above
    chirality_scale: float = 0.1
    missing: float = 3.0  # leaving one side empty: a hand 0.6 from the body's wrist is another person's
    duplicate: float = 0.25  # hands nearer than this share of a hand's span, point by point, are one


def assign_sides(
    frames: Sequence[Sequence[Detection]],
    body: np.ndarray | None,
    picture_px: tuple[int, int],
    costs: SideCosts = SideCosts(),
    residuals: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """(T, 2) indices into each frame's detections for the speaker's left and right hand, -1 for none.

    body: (T, 33, 3) pose landmarks x, y (fractions of the picture) and visibility; NaN rows, or None for all,
    where no body was found: there continuity and chirality decide, then the label read the other way round.
    picture_px: width and height. residuals: for each frame (n, 2), what its n hands leave over when posed as
    left and as right (`side_residuals`); NaN, or None for all, says nothing.
    """
    size = np.array(picture_px, float)
    arms = speaker_arms(body, frames, picture_px)
    points = [_points_px(frame, size) for frame in frames]
    distances = wrist_distances(points, arms, costs.min_visibility)
    path = _Path(arms.forearm_px, costs)
    for number, frame in enumerate(frames):
        left_over = np.full((len(frame), 2), np.nan) if residuals is None else residuals[number]
        path.step(*_states(frame, points[number], left_over, distances[number], costs))
    return path.cheapest()


def distinct(frame: Sequence[Detection], picture_px: tuple[int, int], duplicate: float) -> list[int]:
    """The detections of one frame without those that lie on one of a better score."""
    size = np.array(picture_px, float)
    return _distinct(frame, _points_px(frame, size), duplicate)


def _states(
    frame: Sequence[Detection],
    points: np.ndarray,
    residuals: np.ndarray,
    distances: np.ndarray,
    costs: SideCosts,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All ways to fill both sides: indices (S, 2), their cost (S,), and where the hands are (S, 2, 2) px."""
    options = [NOBODY, NOBODY, *_distinct(frame, points, costs.duplicate)]
    pairs = np.array(sorted(set(permutations(options, 2))))
    price = np.full((len(frame) + 1, 2), costs.missing)  # the last row is NOBODY's
    for index, hand in enumerate(frame):
        from_wrists = np.nan_to_num((distances[index] / costs.wrist_scale) ** 2, nan=0.0, posinf=np.inf)
        price[index] = _looks(hand, residuals[index], costs) + from_wrists
    centres = np.concatenate([points.mean(axis=1), np.full((1, 2), np.nan)])
    total = price[pairs, [0, 1]].sum(axis=1)
    possible = np.isfinite(total)
    return pairs[possible], total[possible], centres[pairs[possible]]


def _points_px(frame: Sequence[Detection], size: np.ndarray) -> np.ndarray:
    return np.array([hand.image * size for hand in frame]).reshape(len(frame), HAND_LANDMARKS, 2)


def _distinct(frame: Sequence[Detection], points: np.ndarray, duplicate: float) -> list[int]:
    kept: list[int] = []
    for index in sorted(range(len(frame)), key=lambda i: -frame[i].score):
        span = np.ptp(points[index], axis=0).max()
        apart = [np.linalg.norm(points[index] - points[other], axis=-1).mean() for other in kept]
        if all(distance > duplicate * span for distance in apart):
            kept.append(index)
    return sorted(kept)


def _looks(hand: Detection, residuals: np.ndarray, costs: SideCosts) -> np.ndarray:
    """(2,) what the hand's label and the pose of its fingers say against left and right."""
    label = costs.label * hand.score * np.array(_CONTRADICTS[hand.label])
    worse = np.nan_to_num(residuals - residuals[::-1])  # as this side than as the other
    return label + costs.chirality * np.clip(worse / costs.chirality_scale, 0.0, 1.0)


class _Path:
    """Cheapest path into each state of the latest frame (Viterbi); each remembers where its hands were."""

    def __init__(self, forearm_px: float, costs: SideCosts):
        self._forearm_px, self._costs = forearm_px, costs
        self._total = np.zeros(1)
        self._places = np.full((1, 2, 2), np.nan)  # where each path last saw its two hands, px
        self._age = np.zeros((1, 2))  # frames since
        self._pairs: list[np.ndarray] = []
        self._came_from: list[np.ndarray] = []

    def step(self, pairs: np.ndarray, price: np.ndarray, centres: np.ndarray) -> None:
        """Extend by one frame's states."""
        totals = self._total[:, None] + self._moves(centres)
        best = totals.argmin(axis=0)
        seen = np.isfinite(centres[..., 0])
        self._total = totals[best, np.arange(len(best))] + price
        self._places = np.where(seen[..., None], centres, self._places[best])
        self._age = np.where(seen, 0, self._age[best] + 1)
        self._pairs.append(pairs)
        self._came_from.append(best)

    def cheapest(self) -> np.ndarray:
        """(T, 2) detection indices along the cheapest path."""
        state, chosen = int(self._total.argmin()), []
        for pairs, came_from in zip(reversed(self._pairs), reversed(self._came_from), strict=True):
            chosen.append(pairs[state])
            state = int(came_from[state])
        return np.array(chosen[::-1], int).reshape(-1, 2)

    def _moves(self, centres: np.ndarray) -> np.ndarray:
        """(paths, states) cost of the movement; a hand that appears or disappears has not moved."""
        moved = np.linalg.norm(self._places[:, None] - centres[None], axis=-1) / self._forearm_px
        allowed = self._costs.move_scale * (1 + self._age[:, None])
        return np.nan_to_num(np.minimum((moved / allowed) ** 2, self._costs.move_limit)).sum(axis=-1)
