"""Rendered talkers as the annotators label them, beside the truth and what MediaPipe said itself."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip
from annotators.body import BodyAnnotator
from annotators.hands import HandsAnnotator
from annotators.hands.backend import Detection
from annotators.hands.detect import HandDetector
from datasets.hand.camera import DEFAULT_FOCAL_PX
from datasets.hand.layout import split_mano
from datasets.hand.model import SIDES
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix
from datasets.talker.clips import TalkerClip, talker_clip
from datasets.talker.corruptions import Corruption

_RAW_REACH = 0.5  # hand sizes within which a detection is taken for a true hand


@dataclass(frozen=True, eq=False)
class Labels:
    """The hands slot of one clip of T frames as arrays; left, then right."""

    valid: np.ndarray  # (T, 2)
    measured_px: np.ndarray  # (T, 2, 21, 2)
    rotations: np.ndarray  # (T, 2, 16, 3, 3)
    wrist: np.ndarray  # (T, 2, 3) metres
    posed: np.ndarray  # (T, 2, 21, 3) metres: the fitted hand's landmarks
    focal_px: float
    others: int


@dataclass(frozen=True, eq=False)
class RawHands:
    """MediaPipe's own landmarks, each hand given to the true one it lies on; NaN where it found none."""

    image_px: np.ndarray  # (T, 2, 21, 2)
    depth_px: np.ndarray  # (T, 2, 21)
    world: np.ndarray  # (T, 2, 21, 3)


@dataclass(frozen=True, eq=False)
class Labelled:
    """One talker, labelled."""

    clip: TalkerClip
    labels: Labels
    raw: RawHands
    cpu_ms: float  # of the hands annotator, a frame


def render(
    seeds: Iterable[int], *, seconds: float, hand_px: float, corruption: Corruption | None = None
) -> list[TalkerClip]:
    """Talkers before the camera that the annotators suppose."""
    return [
        talker_clip(seed, seconds=seconds, hand_px=hand_px, focal_px=DEFAULT_FOCAL_PX, corruption=corruption)
        for seed in seeds
    ]


def label(clips: Iterable[TalkerClip]) -> list[Labelled]:
    """Each clip through the body and the hands annotator as the pipeline runs them."""
    body, hands = BodyAnnotator(), HandsAnnotator()
    try:
        with HandDetector(max_hands=2, min_detection=0.5, min_tracking=0.5) as detector:
            return [_labelled(clip, body, hands, detector) for clip in clips]
    finally:
        hands.close()


def raw_hands(clip: TalkerClip, detector: HandDetector) -> RawHands:
    """What MediaPipe says, by true hand."""
    truth, size = clip.truth.keypoints_2d, (clip.frames.shape[2], clip.frames.shape[1])
    count = len(truth)
    image = np.full((count, 2, 21, 2), np.nan)
    depth, world = np.full((count, 2, 21), np.nan), np.full((count, 2, 21, 3), np.nan)
    for frame, hands in enumerate(detector.detect(clip.frames)):
        for side, hand in _nearest(hands, truth[frame], size).items():
            image[frame, side], depth[frame, side] = hand.image * size, hand.depth * size[0]
            world[frame, side] = hand.world
    return RawHands(image, depth, world)


def _labelled(
    clip: TalkerClip, body: BodyAnnotator, hands: HandsAnnotator, detector: HandDetector
) -> Labelled:
    columns = _values(body.annotate([Clip("talker", clip.frames)]))
    began_s = time.process_time()
    row = hands.annotate([Clip("talker", clip.frames, columns=columns)])
    cpu_ms = 1000 * (time.process_time() - began_s) / len(clip.frames)
    return Labelled(clip, _labels(_values(row), clip), raw_hands(clip, detector), cpu_ms)


def _values(batch: pa.RecordBatch) -> dict[str, np.ndarray]:
    return {name: np.array(batch[name][0].as_py()) for name in batch.schema.names}


def _labels(row: dict[str, np.ndarray], clip: TalkerClip) -> Labels:
    count, size = len(clip.frames), (clip.frames.shape[2], clip.frames.shape[1])
    rotations = axis_angle_to_matrix(row["hands_axis_angle"].astype(float).reshape(count, 2, 16, 3))
    _, translation = split_mano(row["hands_mano"])
    betas = row["hands_betas"].astype(float)
    posed = [
        neutral_hand().forward(rotations[:, index], translation[:, index], betas, side).keypoints
        for index, side in enumerate(SIDES)
    ]
    return Labels(
        valid=row["hands_valid"].reshape(count, 2),
        measured_px=row["hands_keypoints"].astype(float).reshape(count, 2, 21, 2) * size,
        rotations=rotations,
        wrist=row["hands_wrist"].astype(float).reshape(count, 2, 3),
        posed=np.stack(posed, axis=1),
        focal_px=float(row["hands_focal_px"]),
        others=int(row["hands_others"] or 0),
    )


def _nearest(hands: list[Detection], truth_px: np.ndarray, size: tuple[int, int]) -> dict[int, Detection]:
    """For each true hand (2, 21, 2) the detection that lies on it best, none twice."""
    reach = _RAW_REACH * np.ptp(truth_px, axis=1).max(axis=-1)
    pairs = [
        (float(np.linalg.norm(hand.image * size - truth_px[side], axis=-1).mean()), side, index)
        for index, hand in enumerate(hands)
        for side in range(2)
    ]
    given: dict[int, Detection] = {}
    used: set[int] = set()
    for distance, side, index in sorted(pairs):
        if side not in given and index not in used and distance <= reach[side]:
            given[side] = hands[index]
            used.add(index)
    return given
