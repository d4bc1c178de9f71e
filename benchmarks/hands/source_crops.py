"""What it would buy to look for small hands in the source's own pixels, before the clip is scaled down.

The clip is a third of the source's size. Hands runs on it as the annotator runs it, then again in a crop around
each hand it found, cut from the clip and cut from the source.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from annotators.hands.crops import enlarged
from annotators.hands.detect import HandDetector, detections_of, load_hands
from benchmarks.hands.talkers import RawHands, raw_hands
from benchmarks.results import Row
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import DEFAULT_FOCAL_PX
from datasets.talker.clips import TalkerClip, talker_clip
from datasets.talker.codec import through_h264

_SCALE = 3
_SIDE = 2.2  # of the hand's box
_CRF = 23


@dataclass(frozen=True)
class _Found:
    """Of one way to look: distances of all landmarks in px of the clip, and what a hand cost."""

    errors_px: np.ndarray
    cpu_ms: float


def source_crop_rows(seeds: Iterable[int], *, hand_px: float) -> list[Row]:
    """The landmark error of the three ways, on the same hands."""
    ways: dict[str, list[_Found]] = {"whole picture": [], "crop of the clip": [], "crop of the source": []}
    for seed in seeds:
        source, clip = _source_and_clip(seed, hand_px)
        with HandDetector(max_hands=2, min_detection=0.5, min_tracking=0.5) as detector:
            began_s = time.process_time()
            raw = raw_hands(clip, detector)
            spent_ms = 1000 * (time.process_time() - began_s) / (2 * len(clip.frames))
        whole = np.linalg.norm(raw.image_px - clip.truth.keypoints_2d, axis=-1)
        ways["whole picture"].append(_Found(whole, spent_ms))
        ways["crop of the clip"].append(_again(clip, clip.frames, 1, raw))
        ways["crop of the source"].append(_again(clip, source, _SCALE, raw))
    shared = [
        np.all([np.isfinite(found[index].errors_px) for found in ways.values()], axis=0)
        for index in range(len(ways["whole picture"]))
    ]
    return [_row(way, found, shared) for way, found in ways.items()]


def _row(way: str, found: list[_Found], shared: list[np.ndarray]) -> Row:
    errors = np.concatenate([one.errors_px[both] for one, both in zip(found, shared, strict=True)])
    parts = {
        "p95_px": float(np.percentile(errors, 95)),
        "cpu_ms_a_hand": float(np.mean([one.cpu_ms for one in found])),
        "hands_lost": int(sum(np.isnan(one.errors_px[:, :, 0]).sum() for one in found)),
    }
    return Row(f"small hands, {way}: landmark error, median", float(np.median(errors)), "px", parts=parts)


def _source_and_clip(seed: int, hand_px: float) -> tuple[np.ndarray, TalkerClip]:
    """Pictures of three times the clip's size, and the clip made of them with its truth in its own pixels."""
    source = talker_clip(
        seed,
        width_px=_SCALE * CLIP_WIDTH_PX,
        height_px=_SCALE * CLIP_HEIGHT_PX,
        hand_px=_SCALE * hand_px,
        focal_px=_SCALE * DEFAULT_FOCAL_PX,
        crf=_CRF,
    )
    small = [
        cv2.resize(frame, (CLIP_WIDTH_PX, CLIP_HEIGHT_PX), interpolation=cv2.INTER_AREA)
        for frame in source.frames
    ]
    truth = replace(source.truth, keypoints_2d=source.truth.keypoints_2d / _SCALE)
    return source.frames, TalkerClip(through_h264(np.stack(small), _CRF), truth, source.touched)


def _again(clip: TalkerClip, pictures: np.ndarray, scale: int, raw: RawHands) -> _Found:
    """Each hand tracked in a crop of `pictures`, `scale` times as large as the clip."""
    errors = np.full(raw.depth_px.shape, np.nan)
    looks, spent_s = 0, 0.0
    for side in range(2):
        hands = load_hands(max_num_hands=1)
        for frame in np.flatnonzero(np.isfinite(raw.depth_px[:, side]).all(axis=1)):
            box = raw.image_px[frame, side]
            side_px = _SIDE * float(np.ptp(box, axis=0).max())
            corner = (box.min(axis=0) + box.max(axis=0) - side_px) / 2
            began_s = time.process_time()
            crop = enlarged(pictures[frame], scale * corner, scale * side_px)
            found = detections_of(hands.process(crop))
            spent_s, looks = spent_s + time.process_time() - began_s, looks + 1
            if found:
                points = found[0].image * side_px + corner
                errors[frame, side] = np.linalg.norm(points - clip.truth.keypoints_2d[frame, side], axis=-1)
        hands.close()
    return _Found(errors, 1000 * spent_s / max(looks, 1))
