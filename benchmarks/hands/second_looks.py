"""What a second look around the body's wrists finds of the hands that were missed, how well, and what it costs."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from annotators.hands.calibrate.errors import image_errors
from annotators.hands.crops import WristLooks
from annotators.hands.detect import HandDetector
from annotators.hands.speaker import speaker_hands
from annotators.hands.tracks import CROPPED, HandTracks
from annotators.pose import PoseTracker
from benchmarks.hands.talkers import render
from benchmarks.results import Row
from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.hand.camera import clip_camera
from datasets.hand.neutral import neutral_hand
from datasets.talker.clips import TalkerClip
from datasets.talker.corruptions import draw_corruption

_HARDSHIPS = ("blur", "low_resolution", "darkness", "occluder")
_SIZE = (CLIP_WIDTH_PX, CLIP_HEIGHT_PX)
_FAR_OFF = 0.25  # hand sizes from the true hand: not that hand, or not its pose


@dataclass(frozen=True, eq=False)
class _Both:
    """One clip without and with second looks."""

    clip: TalkerClip
    first: HandTracks
    second: HandTracks
    first_ms: float
    second_ms: float


def second_look_rows(seeds: Sequence[int], *, seconds: float, hand_px: float) -> list[Row]:
    """Hands found with and without the second look, on clips that make hands hard to find."""
    n_frames = round(seconds * CLIP_RATE_HZ)
    clips = [
        render([seed], seconds=seconds, hand_px=hand_px, corruption=draw_corruption(kind, n_frames, seed))[0]
        for kind in _HARDSHIPS
        for seed in seeds
    ]
    both = _looked_at_twice(clips)
    errors = [image_errors(one.second.image * _SIZE, one.clip.truth.keypoints_2d) for one in both]
    added = np.concatenate(
        [error[one.second.origin == CROPPED] for one, error in zip(both, errors, strict=True)]
    )
    tracked = np.concatenate([error[one.first.measured] for one, error in zip(both, errors, strict=True)])
    parts = {
        "found_before": _share(one.first for one in both),
        "added": len(added),
        "added_error": float(np.median(added)) if len(added) else None,
        "added_far_off": float(np.mean(added > _FAR_OFF)) if len(added) else None,
        "tracked_error": float(np.median(tracked)),
        "tracked_far_off": float(np.mean(tracked > _FAR_OFF)),
        "cpu_ms_a_frame": float(np.mean([one.second_ms - one.first_ms for one in both])),
    }
    title = f"second looks, {hand_px:.0f} px hands in hard clips: found"
    return [Row(title, 100 * _share(one.second for one in both), "%", parts=parts)]


def _looked_at_twice(clips: Sequence[TalkerClip]) -> list[_Both]:
    tracker = PoseTracker()
    with HandDetector(max_hands=2, min_detection=0.5, min_tracking=0.5) as detector, WristLooks() as looks:
        return [_both(clip, tracker, detector, looks) for clip in clips]


def _both(clip: TalkerClip, tracker: PoseTracker, detector: HandDetector, looks: WristLooks) -> _Both:
    body, detections = tracker.track(clip.frames).keypoints, detector.detect(clip.frames)
    camera = clip_camera()

    def timed(again: WristLooks | None) -> tuple[HandTracks, float]:
        began_s = time.process_time()
        tracks = speaker_hands(
            clip.frames, detections, body, model=neutral_hand(), camera=camera, looks=again
        )
        return tracks, 1000 * (time.process_time() - began_s) / len(clip.frames)

    (first, first_ms), (second, second_ms) = timed(None), timed(looks)
    return _Both(clip, first, second, first_ms, second_ms)


def _share(tracks: Iterable[HandTracks]) -> float:
    return float(np.concatenate([one.measured for one in tracks]).mean())
