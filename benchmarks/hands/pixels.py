"""From pixels to hands: rendered talkers after H.264, through the annotators as they are, against the truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from annotators.hands.calibrate.errors import pose_errors
from annotators.hands.detect import HandDetector
from benchmarks.hands.hand_errors import percentile
from benchmarks.hands.noise import NoiseModel
from benchmarks.hands.pixel_noise import noise_of, noise_rows
from benchmarks.hands.second_looks import second_look_rows
from benchmarks.hands.source_crops import source_crop_rows
from benchmarks.hands.talkers import Labelled, label, raw_hands, render
from benchmarks.results import Row
from datasets.hand.camera import Camera
from datasets.hand.layout import INTERPOLATED, MEASURED
from datasets.hand.model import SIDES
from datasets.hand.rotations import axis_angle_to_matrix, geodesic_deg
from datasets.talker.gestures import HandMotion
from datasets.talker.truth import TalkerTruth

HAND_PX = {"large": 108.0, "small": 60.0}
_SEEDS, _QUICK_SEEDS = range(7300, 7308), range(7300, 7301)  # no other part of the benchmark renders them
_GAP_SEEDS, _OTHER_SEEDS, _SOURCE_SEEDS = range(7310, 7314), range(7320, 7324), range(7330, 7333)
_HARD_SEEDS = range(7340, 7343)
_SECONDS = 2.0
_GAP_EVERY_FRAMES, _GAP_FRAMES = 12, 4
_WITH_OTHERS_PX = 60.0  # so that the speaker's arms leave the edge of the picture free
_STRIP = 0.22  # of the picture's width, that shows somebody else
_MEASURES = (
    ("aligned joint error", "aligned_mm", "mm"),
    ("joint angle error", "angle_deg", "deg"),
    ("global rotation error", "global_deg", "deg"),
    ("wrist error", "wrist_share", "shoulder widths"),
    ("wrist error in the picture", "wrist_image_share", "shoulder widths"),
    ("fitted joints off in the picture", "image_px", "px"),
)


def rows(*, quick: bool) -> list[Row]:
    """Accuracy by hand size, noise, gaps, other people's hands; in full also what second looks buy, and what the
    source's own pixels would."""
    seeds = _QUICK_SEEDS if quick else _SEEDS
    found, clips, raw = [], [], []
    for name, hand_px in HAND_PX.items():
        labelled = label(render(seeds, seconds=_SECONDS, hand_px=hand_px))
        found += accuracy_rows(name, labelled)
        clips += [one.clip for one in labelled]
        raw += [one.raw for one in labelled]
    found += noise_rows(clips, raw)
    found += gap_rows(quick=quick)
    found += other_rows(quick=quick)
    if quick:
        return found
    found += second_look_rows(_HARD_SEEDS, seconds=_SECONDS, hand_px=HAND_PX["small"])
    return found + source_crop_rows(_SOURCE_SEEDS, hand_px=HAND_PX["small"])


def measured_noise(*, quick: bool = False) -> NoiseModel:
    """MediaPipe's noise on large and small hands of rendered talkers, for the landmark benchmark."""
    seeds = _QUICK_SEEDS if quick else _SEEDS
    clips = [
        clip for hand_px in HAND_PX.values() for clip in render(seeds, seconds=_SECONDS, hand_px=hand_px)
    ]
    with HandDetector(max_hands=2, min_detection=0.5, min_tracking=0.5) as detector:
        return noise_of(clips, [raw_hands(clip, detector) for clip in clips])


def accuracy_rows(name: str, labelled: Sequence[Labelled]) -> list[Row]:
    """How far the measured hands of these clips are off, MediaPipe's own figures beside them."""
    hands = [hand_errors(one) for one in labelled]
    values = {key: np.concatenate([hand[key] for hand in hands]) for key in hands[0]}
    measured = np.concatenate([one.labels.valid == MEASURED for one in labelled])
    raw_found = float(np.isfinite(values["raw_image_px"]).mean())
    cpu_ms = float(np.mean([one.cpu_ms for one in labelled]))
    title = f"pixels, {name} hands"
    seen = [np.isfinite(one.labels.measured_px).all(axis=(2, 3)) for one in labelled]
    before_mask = float(np.concatenate(seen).mean())
    found_parts = {"before_mask": before_mask, "raw_found": raw_found, "cpu_ms_a_frame": cpu_ms}
    rows = [Row(f"{title}: found", 100 * float(measured.mean()), "%", parts=found_parts)]
    for what, key, unit in _MEASURES:
        parts = {"p95": percentile(values[key][measured], 95)}
        if f"raw_{key}" in values:
            parts |= {
                "raw": percentile(values[f"raw_{key}"], 50),
                "raw_p95": percentile(values[f"raw_{key}"], 95),
            }
        rows.append(Row(f"{title}: {what}, median", percentile(values[key][measured], 50), unit, parts=parts))
    wrong = sum(int(wrong_sides(one).sum()) for one in labelled)
    return [*rows, Row(f"{title}: wrong sides", float(wrong), f"of {measured.sum()} hands", 0.0, wrong == 0)]


def hand_errors(one: Labelled) -> dict[str, np.ndarray]:
    """(T, 2) errors of one clip's hands; NaN where there is no hand."""
    truth, labels, raw = one.clip.truth, one.labels, one.raw
    camera = Camera(labels.focal_px, *(float(value) for value in truth.centre_px[0]))
    true_turns = axis_angle_to_matrix(truth.axis_angle.astype(float).reshape(*labels.rotations.shape[:3], 3))
    turns = geodesic_deg(labels.rotations, true_turns)
    off_m = np.linalg.norm(labels.wrist - truth.wrist, axis=-1)
    off_px = np.linalg.norm(camera.project(labels.wrist) - truth.keypoints_2d[:, :, 0], axis=-1)
    return {
        "aligned_mm": 1000 * pose_errors(labels.posed, truth.keypoints_3d),
        "raw_aligned_mm": 1000 * pose_errors(raw.world, truth.keypoints_3d),
        "angle_deg": np.median(turns[..., 1:], axis=-1),
        "global_deg": turns[..., 0],
        "wrist_share": off_m / _shoulders(truth, truth.body_3d),
        "wrist_image_share": off_px / _shoulders(truth, truth.body_2d),
        "image_px": _image_px(camera.project(labels.posed), truth),
        "raw_image_px": _image_px(raw.image_px, truth),
    }


def wrong_sides(one: Labelled) -> np.ndarray:
    """(T, 2) bool: a hand, masked or not, that was found nearer to the speaker's other one."""
    truth = one.clip.truth.keypoints_2d
    own = np.linalg.norm(one.labels.measured_px - truth, axis=-1).mean(axis=-1)
    other = np.linalg.norm(one.labels.measured_px - truth[:, ::-1], axis=-1).mean(axis=-1)
    return own > other  # never so of NaN


def gap_rows(*, quick: bool) -> list[Row]:
    """Hands painted over for four frames at a time: are they bridged, and how well."""
    seeds = _QUICK_SEEDS if quick else _GAP_SEEDS
    labelled = label(render(seeds, seconds=_SECONDS, hand_px=HAND_PX["large"], corruption=Painted()))
    errors = {
        key: np.concatenate([hand_errors(one)[key] for one in labelled])
        for key in ("aligned_mm", "wrist_share")
    }
    valid = np.concatenate([one.labels.valid for one in labelled])
    touched = np.concatenate([one.clip.touched for one in labelled])
    bridged = valid == INTERPOLATED
    parts = {
        "hidden_hand_frames": int(touched.sum()),
        "taken_for_measured": int((touched & (valid == MEASURED)).sum()),
        "aligned_mm": percentile(errors["aligned_mm"][bridged], 50),
        "aligned_mm_p95": percentile(errors["aligned_mm"][bridged], 95),
        "wrist_share": percentile(errors["wrist_share"][bridged], 50),
        "aligned_mm_of_measured": percentile(errors["aligned_mm"][valid == MEASURED], 50),
    }
    return [Row("pixels, gaps: hand frames bridged", float(bridged.sum()), "", parts=parts)]


def other_rows(*, quick: bool) -> list[Row]:
    """Talkers with somebody else's hand at the picture's edge: is it left out, is the speaker's still found."""
    seeds = _QUICK_SEEDS if quick else _OTHER_SEEDS
    labelled, taken, kept = [], 0, 0
    for seed in seeds:
        stranger = Stranger.of(seed + 500)
        one = label(render([seed], seconds=_SECONDS, hand_px=_WITH_OTHERS_PX, corruption=stranger))[0]
        off = np.linalg.norm(one.labels.measured_px - one.clip.truth.keypoints_2d, axis=-1).mean(axis=-1)
        taken += int((off > _WITH_OTHERS_PX).sum())
        kept += int(((off > _WITH_OTHERS_PX) & (one.labels.valid == MEASURED)).sum())
        labelled.append(one)
    measured = np.concatenate([one.labels.valid == MEASURED for one in labelled])
    parts = {
        "after_mask": kept,
        "found_of_the_speaker": float(measured.mean()),
        "left_out": sum(one.labels.others for one in labelled),
        "sides_wrong": int(sum(wrong_sides(one).sum() for one in labelled)),
        "cpu_ms_a_frame": float(np.mean([one.cpu_ms for one in labelled])),
    }
    return [Row("pixels, other people: foreign hands taken for the speaker's", float(taken), "", parts=parts)]


@dataclass(frozen=True)
class Painted:
    """Paints each hand over in turn, in the colour of what is around it."""

    def bend(self, hands: HandMotion) -> HandMotion:
        return hands

    def spoil(self, frames: np.ndarray, truth: TalkerTruth) -> np.ndarray:
        painted = frames.copy()
        for frame, side in np.argwhere(self.touched(len(frames))):
            low, high = (pick(truth.keypoints_2d[frame, side], axis=0) for pick in (np.min, np.max))
            margin = 0.2 * (high - low).max()
            corners = [tuple(int(value) for value in corner) for corner in (low - margin, high + margin)]
            colour = np.median(frames[frame], axis=(0, 1)).tolist()
            cv2.rectangle(painted[frame], corners[0], corners[1], colour, thickness=-1)
        return painted

    def touched(self, n_frames: int) -> np.ndarray:
        """(T, 2) bool: left, then right, a gap each after frames in full view."""
        place = np.arange(n_frames) % (2 * _GAP_EVERY_FRAMES)
        starts = np.array([_GAP_EVERY_FRAMES - _GAP_FRAMES, 2 * _GAP_EVERY_FRAMES - _GAP_FRAMES])
        return (place[:, None] >= starts) & (place[:, None] < starts + _GAP_FRAMES)


@dataclass(frozen=True, eq=False)
class Stranger:
    """Shows a strip of another talker, with one hand in it, at the right edge of the picture."""

    strip: np.ndarray  # (T, H, w, 3)

    @classmethod
    def of(cls, seed: int) -> "Stranger":
        clip = render([seed], seconds=_SECONDS, hand_px=_WITH_OTHERS_PX)[0]
        width = clip.frames.shape[2]
        wide = int(_STRIP * width)
        hand = float(
            np.median(clip.truth.keypoints_2d[:, 1, :, 0])
        )  # their right hand, on the picture's left
        start = int(np.clip(hand - wide / 2, 0, width - wide))
        return cls(clip.frames[:, :, start : start + wide])

    def bend(self, hands: HandMotion) -> HandMotion:
        return hands

    def spoil(self, frames: np.ndarray, truth: TalkerTruth) -> np.ndarray:
        shown = frames.copy()
        shown[:, :, frames.shape[2] - self.strip.shape[2] :] = self.strip
        return shown

    def touched(self, n_frames: int) -> np.ndarray:
        return np.zeros((n_frames, 2), bool)


def _image_px(points: np.ndarray, truth: TalkerTruth) -> np.ndarray:
    """(T, 2) mean distance of the landmarks (T, 2, 21, 2) from the true ones."""
    return np.linalg.norm(points - truth.keypoints_2d, axis=-1).mean(axis=-1)


def _shoulders(truth: TalkerTruth, body: np.ndarray) -> np.ndarray:
    """(T, 1) width, in the unit of the body's joints (T, 9, n)."""
    names = truth.body_names.tolist()
    left, right = (body[:, names.index(f"{side}_shoulder")] for side in SIDES)
    return np.linalg.norm(left - right, axis=-1)[:, None]
