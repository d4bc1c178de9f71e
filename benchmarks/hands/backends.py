"""Hand backends side by side on the same rendered talkers: what each finds, how far it is off, what it costs.

MediaPipe is always there. WiLoR and HaMeR are measured where a backends file configures them (docs/hands.md); a
row says why they are not. Where two are there, so is a row on whether their disagreement tells their errors.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import get_args

import numpy as np
from scipy.stats import spearmanr

from annotators.hands.backend import HandBackend
from annotators.hands.backends import BackendKind, open_backend
from annotators.hands.calibrate.errors import image_errors, pose_errors
from annotators.hands.disagreement import disagreement
from annotators.hands.speaker import speaker_hands
from annotators.hands.tracks import HandTracks
from annotators.pose import PoseTracker
from benchmarks.hands.hand_errors import percentile
from benchmarks.results import Row
from datasets.errors import UserError
from datasets.hand.neutral import neutral_hand
from datasets.talker.clips import TalkerClip, talker_clip

_SEEDS, _QUICK_SEEDS = range(9100, 9108), range(9100, 9102)  # no other part of the benchmark renders them
_SECONDS = 4.0
BACKENDS = get_args(BackendKind)


@dataclass(frozen=True)
class Measured:
    """One backend on all clips: frames of all clips on end, left then right."""

    tracks: list[HandTracks]
    pose_error_m: np.ndarray  # (T, 2) mean over 21 landmarks after Procrustes alignment; NaN without the hand
    image_error: np.ndarray  # (T, 2) mean distance in the picture, in longer sides of the true hand's box
    wall_ms: float  # a frame; a network of another process has no CPU time that could be read here


def rows(*, quick: bool) -> list[Row]:
    """A row for each backend, and one for each pair of them."""
    clips = [
        talker_clip(seed, seconds=2.0 if quick else _SECONDS) for seed in (_QUICK_SEEDS if quick else _SEEDS)
    ]
    tracker = PoseTracker()
    bodies = [tracker.track(clip.frames).keypoints for clip in clips]
    measured: dict[str, Measured] = {}
    found: list[Row] = []
    for kind, start in _starters().items():
        try:
            with closing(start()) as backend:
                measured[kind] = measure(backend, clips, bodies)
                found.append(_row(kind, backend.name, measured[kind]))
        except UserError as error:
            found.append(Row(f"backend {kind}", None, "", parts={"absent": str(error)}))
    kinds = list(measured)
    pairs = [(first, second) for index, first in enumerate(kinds) for second in kinds[index + 1 :]]
    return found + [_pair_row(first, second, measured[first], measured[second]) for first, second in pairs]


def measure(backend: HandBackend, clips: list[TalkerClip], bodies: list[np.ndarray]) -> Measured:
    """What a backend makes of clips; `bodies` decide which hand is which, alike for all backends."""
    tracks, spent_s = [], 0.0
    for clip, body in zip(clips, bodies, strict=True):
        began_s = time.perf_counter()
        detections = backend.detect(clip.frames)
        spent_s += time.perf_counter() - began_s
        tracks.append(
            speaker_hands(clip.frames, detections, body, model=neutral_hand(), camera=clip.truth.camera)
        )
    pose = [
        pose_errors(track.world, clip.truth.keypoints_3d) for track, clip in zip(tracks, clips, strict=True)
    ]
    image = [
        image_errors(track.image * _size_px(clip), clip.truth.keypoints_2d)
        for track, clip in zip(tracks, clips, strict=True)
    ]
    n_frames = sum(len(clip.frames) for clip in clips)
    return Measured(tracks, np.concatenate(pose), np.concatenate(image), 1000 * spent_s / n_frames)


def _starters() -> dict[str, Callable[[], HandBackend]]:
    """How to get each backend; the external ones raise BackendError where they cannot be had."""
    return {kind: partial(open_backend, kind) for kind in BACKENDS}


def _size_px(clip: TalkerClip) -> tuple[int, int]:
    return clip.frames.shape[2], clip.frames.shape[1]


def _row(kind: str, name: str, measured: Measured) -> Row:
    seen = np.isfinite(measured.pose_error_m)
    pose_mm = 1000 * measured.pose_error_m[seen]
    image = measured.image_error[seen]
    return Row(
        f"backend {kind}: aligned joint error, median",
        float(np.median(pose_mm)) if seen.any() else None,
        "mm",
        parts={
            "p95_mm": percentile(pose_mm, 95),
            "image_median": percentile(image, 50),
            "image_p95": percentile(image, 95),
            "found": float(seen.mean()),
            "far_off": float((image > 0.5).mean()) if seen.any() else None,
            "wall_ms_per_frame": measured.wall_ms,
            "name": name,
        },
    )


def _pair_row(first: str, second: str, one: Measured, other: Measured) -> Row:
    """Rank correlation of the pair's disagreement with the first one's error."""
    pairs = zip(one.tracks, other.tracks, strict=True)
    apart = np.concatenate([disagreement(left, right) for left, right in pairs])
    both = np.isfinite(apart) & np.isfinite(one.pose_error_m)
    rank = float(spearmanr(apart[both], one.pose_error_m[both]).statistic) if both.sum() > 2 else None
    parts = {"median_hand_sizes": percentile(apart[both], 50), "hands": int(both.sum())}
    return Row(
        f"disagreement of {first} and {second} with {first}'s error", rank, "rank correlation", parts=parts
    )
