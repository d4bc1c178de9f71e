"""The speaker's two hands of a clip, out of all the hands that a backend found in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotators.hands.arms import Arms, speaker_arms
from annotators.hands.backend import HAND_LANDMARKS, Detection
from annotators.hands.chirality import clip_residuals
from annotators.hands.clarity import face_sharpness, relative_clarity, sharpness
from annotators.hands.crops import WristLooks
from annotators.hands.sides import NOBODY, SideCosts, assign_sides, distinct
from annotators.hands.tracks import CROPPED, TRACKED, HandTracks
from datasets.hand.camera import Camera
from datasets.hand.model import N_JOINTS, HandModel

_MIN_CHIRALITY = -0.1  # of a hand from a crop: one that plainly fits the other side is the other hand


@dataclass(frozen=True)
class _Hand:
    """A detection that was given to a side."""

    detection: Detection
    chirality: float
    origin: int


_Hands = Mapping[tuple[int, int], _Hand]  # by frame and side (0 left, 1 right)


def speaker_hands(
    frames: np.ndarray,
    detections: Sequence[Sequence[Detection]],
    body: np.ndarray | None,
    *,
    model: HandModel,
    camera: Camera,
    costs: SideCosts | None = None,
    looks: WristLooks | None = None,
) -> HandTracks:
    """Left and right hand of the speaker in every frame; other people's are left out and counted.

    frames: (T, H, W, 3) uint8 RGB; detections: of each frame; body: (T, 33, 3) pose landmarks x, y (fractions
    of the picture) and visibility, NaN rows, or None for all, where no body was found. model and camera serve
    the check of sides. looks: how hands missed at a visible wrist are looked for again; None: they are not.
    A detection with a landmark that is no number counts for nothing.
    """
    costs, size = costs or SideCosts(), (frames.shape[2], frames.shape[1])
    detections = [[hand for hand in frame if np.isfinite(hand.image).all()] for frame in detections]
    arms = speaker_arms(body, detections, size)
    residuals = clip_residuals(detections, size, camera, model)
    chosen = assign_sides(detections, body, size, costs, residuals)
    hands = _chosen_hands(detections, residuals, chosen)
    if looks is not None:
        found = looks.find(frames, arms, chosen == NOBODY)
        crops = [[hand] for _, _, hand in found]
        gaps = _gaps(clip_residuals(crops, size, camera, model), [side for _, side, _ in found])
        hands = hands | _new_hands(found, gaps, detections, size, costs)
    kinds = sum(len(distinct(frame, size, costs.duplicate)) for frame in detections)
    others = kinds - int(np.count_nonzero(chosen != NOBODY))
    return _tracks(frames, hands, arms, face_sharpness(frames, body), others)


def _chosen_hands(
    detections: Sequence[Sequence[Detection]], residuals: Sequence[np.ndarray], chosen: np.ndarray
) -> dict[tuple[int, int], _Hand]:
    hands = {}
    for frame, side in np.argwhere(chosen != NOBODY).tolist():
        index = chosen[frame, side]
        left_over = residuals[frame][index]
        gap = float(left_over[1 - side] - left_over[side])
        hands[frame, side] = _Hand(detections[frame][index], gap, TRACKED)
    return hands


def _gaps(residuals: Sequence[np.ndarray], sides: Sequence[int]) -> list[float]:
    """How much better single hands fit as their side than as the other."""
    return [float(row[0, 1 - side] - row[0, side]) for row, side in zip(residuals, sides, strict=True)]


def _new_hands(
    found: Sequence[tuple[int, int, Detection]],
    gaps: Sequence[float],
    detections: Sequence[Sequence[Detection]],
    size: tuple[int, int],
    costs: SideCosts,
) -> dict[tuple[int, int], _Hand]:
    """What the looks added: no hand that was known before, whosoever's, nor one of the other side.

    Hands of a frame and side come nearest first; the same hand is not given to both sides.
    """
    new: dict[tuple[int, int], _Hand] = {}
    for (frame, side, hand), gap in zip(found, gaps, strict=True):
        known = [*detections[frame], *(new[key].detection for key in ((frame, 0), (frame, 1)) if key in new)]
        fits = not gap < _MIN_CHIRALITY  # NaN, where the landmarks do not tell, passes
        if (frame, side) not in new and fits and _is_new(hand, known, size, costs.duplicate):
            new[frame, side] = _Hand(hand, gap, CROPPED)
    return new


def _is_new(hand: Detection, known: Sequence[Detection], size: tuple[int, int], duplicate: float) -> bool:
    points = hand.image * size
    span = np.ptp(points, axis=0).max()
    return all(
        np.linalg.norm(points - other.image * size, axis=-1).mean() > duplicate * span for other in known
    )


def _tracks(frames: np.ndarray, hands: _Hands, arms: Arms, face: float | None, others: int) -> HandTracks:
    """The hands as arrays."""
    count, size = len(frames), (frames.shape[2], frames.shape[1])
    points = np.full((count, 2, HAND_LANDMARKS, 6), np.nan)  # image, depth, world
    scores, clarity = np.zeros((count, 2)), np.zeros((count, 2))
    chirality, wrist_gap = np.full((count, 2), np.nan), np.full((count, 2), np.nan)
    origin = np.zeros((count, 2), np.uint8)
    for (frame, side), placed in hands.items():
        hand = placed.detection
        points[frame, side] = np.concatenate([hand.image, hand.depth[:, None], hand.world], axis=1)
        scores[frame, side], chirality[frame, side] = hand.score, placed.chirality
        clarity[frame, side] = relative_clarity(sharpness(frames[frame], hand.image), face)
        from_wrist = hand.image[0] * size - arms.wrists_px[frame, side]
        wrist_gap[frame, side] = np.linalg.norm(from_wrist) / arms.forearm_px
        origin[frame, side] = placed.origin
    image, depth, world = points[..., :2], points[..., 2], points[..., 3:]
    rotations = _rotations(hands, count)
    return HandTracks(image, depth, world, scores, clarity, chirality, wrist_gap, origin, others, rotations)


def _rotations(hands: _Hands, count: int) -> np.ndarray | None:
    """(T, 2, 16, 3, 3) of the hands whose backend gives MANO; None where none does."""
    given = {key: placed.detection.rotations for key, placed in hands.items()}
    if all(rotations is None for rotations in given.values()):
        return None
    filled = np.full((count, 2, N_JOINTS, 3, 3), np.nan)
    for key, rotations in given.items():
        if rotations is not None:
            filled[key] = rotations
    return filled
