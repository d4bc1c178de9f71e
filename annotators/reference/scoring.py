"""How good each frame of a clip is as its still: sharp, with open eyes, with both hands to be seen.

Three parts, each in [0, 1]. A part that nothing is known of in a clip is left out, and the others decide.

- sharpness: of the face and of each measured hand, as the variance of the Laplacian of its 64 x 64 pixels, over the
  95th percentile of that region in the clip, at most 1; the face counts as much as both hands. Texture differs
  from person to person, so only frames of one clip are compared. Without any region, the whole picture is taken.
- eyes: how far the lids are apart, against how far this person's are while open in this clip; of both eyes the one
  that is further closed. 0 in a frame without a face, where the clip has one.
- hands: confidence of each hand that was measured, times the share of its points inside the picture; their mean.

The score is the weighted geometric mean of the parts that are known, each taken as at least 0.05 so that a part
which is 0 all over the clip does not make all frames equal. A head cut off by the edge of the picture counts as much
as lies inside. Frames near either end count less: a fade may be left there.
"""

from dataclasses import dataclass

import numpy as np

from annotators.hands.clarity import FACE_POINTS, sharpness
from datasets.hand.layout import MEASURED

_WHOLE = np.array([[0.0, 0.0], [1.0, 1.0]])


@dataclass(frozen=True)
class ReferenceRule:
    """The numbers of the rule."""

    sharp_weight: float = 0.4
    eyes_weight: float = 0.3
    hands_weight: float = 0.3
    floor: float = 0.05  # of a part in the score
    sharpest_percentile: float = 95.0  # of a region in the clip; the few above it are mostly noise
    open_percentile: float = 75.0  # of the lids' gap: people blink in less than a tenth of the frames
    least_open: float = 0.15  # gap over width below which a level is that of closed eyes, whoever it is
    shut: float = 0.4  # of the open level: nothing is left of the eye ...
    open: float = 0.85  # ... and here it is as open as any
    edge_frames: int = 5  # 0.2 s at either end ...
    edge_factor: float = 0.8  # ... count so much
    least_frames: int = 25  # of a clip whose ends are left out; shorter ones are all ends
    hair: float = 0.25  # of the face's height, above it


@dataclass(frozen=True)
class KnownParts:
    """What earlier annotators found in a clip of T frames; None for what nobody looked for or found."""

    face_points: np.ndarray | None  # (T, P, 2) fractions of width and height, NaN rows without a face
    eyes: np.ndarray | None  # (T, 2) gap over width
    hand_points: np.ndarray | None  # (T, 2, 21, 2) fractions
    measured: np.ndarray | None  # (T, 2) bool
    confidence: np.ndarray | None  # (T, 2)


@dataclass(frozen=True)
class Scores:
    """Of every frame, (T,) each in [0, 1]; None for a part that is not known."""

    score: np.ndarray
    sharpness: np.ndarray
    eyes: np.ndarray | None
    hands: np.ndarray | None

    @property
    def best(self) -> int:
        """The frame with the highest score; the earliest of equals."""
        return int(np.argmax(np.round(self.score, 6)))


def known_parts(columns: dict[str, np.ndarray | None]) -> KnownParts:
    """From the columns of body, hands and face of one clip, any of which may be missing or None."""
    body, box = _floats(columns.get("body_keypoints"), 33, 3), _floats(columns.get("face_box"), 4)
    eyes = _floats(columns.get("face_eyes"), 2)
    points = _floats(columns.get("hands_keypoints"), 2, 21, 2)
    valid, confidence = _floats(columns.get("hands_valid"), 2), _floats(columns.get("hands_confidence"), 2)
    face = _seen(_corners(box)) if box is not None else None
    if face is None and body is not None:
        face = _seen(body[:, FACE_POINTS, :2])
    eyes = eyes if eyes is not None and np.isfinite(eyes).any() else None
    if points is None or valid is None:
        return KnownParts(face, eyes, None, None, None)
    return KnownParts(face, eyes, points, valid == MEASURED, confidence)


def score_frames(frames: np.ndarray, known: KnownParts, rule: ReferenceRule) -> Scores:
    """frames: (T, H, W, 3) uint8 RGB, T >= 1."""
    sharp = sharp_part(frames, known, rule)
    eyes, hands = eyes_part(known.eyes, rule), hands_part(known)
    parts = [(sharp, rule.sharp_weight), (eyes, rule.eyes_weight), (hands, rule.hands_weight)]
    told = [(part, weight) for part, weight in parts if part is not None]
    logs = sum(weight * np.log(np.maximum(part, rule.floor)) for part, weight in told)
    score = np.exp(logs / sum(weight for _, weight in told))
    score = score * _ends(len(frames), rule) * _head_inside(known.face_points, len(frames), rule)
    return Scores(score, sharp, eyes, hands)


def sharp_part(frames: np.ndarray, known: KnownParts, rule: ReferenceRule) -> np.ndarray:
    """(T,) of the face and the hands, else of the whole picture."""
    regions = []
    if known.face_points is not None:
        face = _relative(_measure(frames, known.face_points), rule)
        regions.append((np.nan_to_num(face), 2.0))  # a frame without the face is no still of it
    if known.hand_points is not None and known.measured is not None:
        for side in (0, 1):
            points = np.where(known.measured[:, side, None, None], known.hand_points[:, side], np.nan)
            regions.append((_relative(_measure(frames, points), rule), 1.0))
    values = np.array([value for value, _ in regions]).reshape(-1, len(frames))
    weights = np.array([weight for _, weight in regions])[:, None] * np.isfinite(values)
    if not weights.any():
        return np.nan_to_num(_relative(_measure(frames, np.tile(_WHOLE, (len(frames), 1, 1))), rule))
    return (weights * np.nan_to_num(values)).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-9)


def eyes_part(eyes: np.ndarray | None, rule: ReferenceRule) -> np.ndarray | None:
    """(T,) of the gap over width (T, 2); an eye that is not seen leaves it to the other."""
    if eyes is None:
        return None
    seen = np.isfinite(eyes)
    levels = [
        max(np.percentile(eyes[seen[:, side], side], rule.open_percentile), rule.least_open)
        if seen[:, side].any()
        else rule.least_open
        for side in (0, 1)
    ]
    share = np.where(seen, eyes / levels, np.inf).min(axis=1)
    opened = np.clip((share - rule.shut) / (rule.open - rule.shut), 0.0, 1.0)
    return np.where(seen.any(axis=1), opened, 0.0)


def hands_part(known: KnownParts) -> np.ndarray | None:
    """(T,) the mean over both hands of confidence times the share of points inside the picture."""
    if known.hand_points is None or known.measured is None:
        return None
    inside = ((known.hand_points >= 0) & (known.hand_points <= 1)).all(axis=-1).mean(axis=-1)
    sure = np.ones_like(inside) if known.confidence is None else np.nan_to_num(known.confidence)
    return np.clip(known.measured * inside * sure, 0.0, 1.0).mean(axis=1)


def _measure(frames: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(T,) sharpness of the box about points (T, P, 2), NaN where they are not all known."""
    known = np.isfinite(points).all(axis=(1, 2))
    return np.array(
        [
            sharpness(frame, where) if seen else np.nan
            for frame, where, seen in zip(frames, points, known, strict=True)
        ]
    )


def _relative(values: np.ndarray, rule: ReferenceRule) -> np.ndarray:
    """Over the clip's sharpest, at most 1; NaN stays NaN."""
    seen = values[np.isfinite(values)]
    sharpest = np.percentile(seen, rule.sharpest_percentile) if len(seen) else 0.0
    return np.minimum(values / sharpest, 1.0) if sharpest > 0 else np.where(np.isfinite(values), 0.0, np.nan)


def _ends(n_frames: int, rule: ReferenceRule) -> np.ndarray:
    """(T,) 1, and less near either end of a clip that is long enough."""
    factor = np.ones(n_frames)
    if n_frames >= rule.least_frames:
        factor[: rule.edge_frames] = factor[-rule.edge_frames :] = rule.edge_factor
    return factor


def _head_inside(face_points: np.ndarray | None, n_frames: int, rule: ReferenceRule) -> np.ndarray:
    """(T,) the share of the face and the hair above it that lies inside the picture; 1 where no face is known."""
    if face_points is None:
        return np.ones(n_frames)
    low, high = face_points.min(axis=1), face_points.max(axis=1)
    low = low - np.stack([np.zeros(n_frames), rule.hair * (high - low)[:, 1]], axis=1)
    inside = np.clip(high, 0, 1) - np.clip(low, 0, 1)
    share = (inside / np.maximum(high - low, 1e-6)).prod(axis=1)
    return np.where(np.isfinite(share), share, 1.0)


def _floats(column: np.ndarray | None, *shape: int) -> np.ndarray | None:
    """A column (T, N) as (T, *shape) in float64; None where it is null or empty."""
    return None if column is None or not len(column) else np.asarray(column, float).reshape(-1, *shape)


def _corners(box: np.ndarray) -> np.ndarray:
    """(T, 2, 2) of x, y, width, height."""
    return np.stack([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)


def _seen(points: np.ndarray) -> np.ndarray | None:
    return points if np.isfinite(points).all(axis=(1, 2)).any() else None
