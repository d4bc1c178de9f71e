"""Which detected hand is the speaker's left, which the right, and which belongs to somebody else.

MediaPipe's own label supposes a mirrored picture and changes its mind, so it only breaks ties. What counts is
the nearest wrist of the speaker's body and continuity in time, weighed over the whole clip at once: the
cheapest path through the frames, where each frame's states are all ways to give its detections to two sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from annotators.hands.detect import Detection

NOBODY = -1
_SHOULDERS, _ELBOWS, _WRISTS = (11, 12), (13, 14), (15, 16)  # MediaPipe pose landmarks, left then right
_FOREARM_TO_SHOULDERS = 0.73  # a forearm of 0.25 m and MediaPipe shoulders 0.34 m apart
_FOREARM_TO_PALM = 2.6  # a palm of 0.095 m from the wrist to the middle knuckle
_MIN_VISIBILITY = 0.5  # a limb below it says nothing about the person's size


@dataclass(frozen=True)
class SideCosts:
    """What speaks against giving a detection to a side. Distances are in forearms of the speaker."""

    wrist_scale: float = 0.35  # distance from the body's wrist that costs 1; true hands lay within 0.36
    min_visibility: float = 0.5  # of the body's wrist, below which that hand is hidden; true hands had 0.6
    move_scale: float = 0.4  # movement that costs 1, for each frame since the hand was last seen
    move_limit: float = 1.4  # no jump costs more, so that jumping in and out is cheaper than a missing hand
    label: float = 0.15  # a label that contradicts, times its score
    missing: float = 3.0  # leaving one side empty: a hand 0.6 from the body's wrist is another person's
    duplicate: float = 0.25  # hands nearer than this share of a hand's span, point by point, are one


def assign_sides(
    frames: Sequence[Sequence[Detection]],
    body: np.ndarray | None,
    picture_px: tuple[int, int],
    costs: SideCosts = SideCosts(),
) -> np.ndarray:
    """(T, 2) indices into each frame's detections for the speaker's left and right hand, -1 for none.

    body: (T, 33, 3) pose landmarks x, y (fractions of the picture) and visibility; NaN rows, or None for all,
    where no body was found: there continuity decides, then the label read the other way round.
    picture_px: width and height.
    """
    size = np.array(picture_px, float)
    pose = np.full((len(frames), 33, 3), np.nan) if body is None else np.asarray(body, float)
    wrists, visible = pose[:, _WRISTS, :2] * size, pose[:, _WRISTS, 2]
    forearm_px = _forearm_px(pose, frames, size)
    path = _Path(forearm_px, costs)
    for frame, frame_wrists, frame_visible in zip(frames, wrists, visible, strict=True):
        path.step(*_states(frame, frame_wrists, frame_visible, forearm_px, size, costs))
    return path.cheapest()


def _states(
    frame: Sequence[Detection],
    wrists: np.ndarray,
    visible: np.ndarray,
    forearm_px: float,
    size: np.ndarray,
    costs: SideCosts,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All ways to fill both sides: indices (S, 2), their cost (S,), and where the hands are (S, 2, 2) px."""
    points = np.array([hand.image * size for hand in frame]).reshape(len(frame), 21, 2)
    options = [NOBODY, NOBODY, *_distinct(frame, points, costs.duplicate)]
    pairs = np.array(sorted(set(permutations(options, 2))))
    price = np.full((len(frame) + 1, 2), costs.missing)  # the last row is NOBODY's
    for index, hand in enumerate(frame):
        price[index] = _price(hand, points[index, 0], wrists, visible, forearm_px, costs)
    centres = np.concatenate([points.mean(axis=1), np.full((1, 2), np.nan)])
    total = price[pairs, [0, 1]].sum(axis=1)
    possible = np.isfinite(total)
    return pairs[possible], total[possible], centres[pairs[possible]]


def _distinct(frame: Sequence[Detection], points: np.ndarray, duplicate: float) -> list[int]:
    """Detections without those that lie on a better one."""
    kept: list[int] = []
    for index in sorted(range(len(frame)), key=lambda i: -frame[i].score):
        span = np.ptp(points[index], axis=0).max()
        apart = [np.linalg.norm(points[index] - points[other], axis=-1).mean() for other in kept]
        if all(distance > duplicate * span for distance in apart):
            kept.append(index)
    return sorted(kept)


def _price(
    hand: Detection,
    wrist: np.ndarray,
    wrists: np.ndarray,
    visible: np.ndarray,
    forearm_px: float,
    costs: SideCosts,
) -> np.ndarray:
    """(2,) what giving the hand to the left and to the right costs; infinite where it cannot be that hand."""
    opposite = {"Left": np.array([1.0, 0.0]), "Right": np.array([0.0, 1.0])}  # "Left" is the speaker's right
    label = costs.label * hand.score * opposite[hand.label]
    distance = np.linalg.norm(wrists - wrist, axis=-1) / forearm_px
    if not np.isfinite(distance).all():
        return label
    price = label + (distance / costs.wrist_scale) ** 2
    return np.where(visible < costs.min_visibility, np.inf, price)


def _forearm_px(pose: np.ndarray, frames: Sequence[Sequence[Detection]], size: np.ndarray) -> float:
    """The speaker's forearm in pixels: from the body's least foreshortened frames, else from the hands."""
    points = np.where(pose[..., 2:] > _MIN_VISIBILITY, pose[..., :2] * size, np.nan)
    forearms = np.linalg.norm(points[:, _ELBOWS] - points[:, _WRISTS], axis=-1)
    shoulders = np.linalg.norm(points[:, _SHOULDERS[0]] - points[:, _SHOULDERS[1]], axis=-1)
    lengths = [_upper(forearms), _FOREARM_TO_SHOULDERS * _upper(shoulders)]
    if np.isfinite(lengths).any():
        return float(np.nanmax(lengths))
    palms = [np.linalg.norm((hand.image[9] - hand.image[0]) * size) for frame in frames for hand in frame]
    return max(_FOREARM_TO_PALM * _upper(np.array(palms)), 1.0) if palms else 1.0


def _upper(lengths: np.ndarray) -> float:
    known = lengths[np.isfinite(lengths)]
    return float(np.percentile(known, 90)) if known.size else float("nan")


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
