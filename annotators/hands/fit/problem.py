"""A clip's measurements as the fit sees them: both hands in one row of frames, both as right hands.

A left hand is fitted as the right hand in the mirror x = 0; the camera is its own mirror image.
"""

from dataclasses import dataclass

import numpy as np

from annotators.hands.fit.clip import HandObservations
from annotators.hands.fit.hand_arrays import HandArrays
from annotators.hands.fit.settings import FitSettings
from annotators.hands.fit.spans import Spans, running_median, solved_spans
from datasets.hand.camera import Camera
from datasets.hand.rotations import MIRROR_POINT, mirror_matrix

_MIN_POINTS = 8  # landmarks below which a frame says too little of a hand and counts as a gap
_SIZE_FRAMES = 9  # a hand's size in the picture is the median over this many of its frames
_MIN_SIZE_PX = 8.0  # landmarks on one point have no size to scale their noise with


@dataclass(frozen=True)
class Problem:
    """S frames to solve; frames without a measurement (gaps) and missing landmarks have weight 0."""

    hand: HandArrays
    camera: Camera
    settings: FitSettings
    spans: Spans
    image_px: np.ndarray  # (S, 21, 2) of the right, or mirrored left, hand
    points: np.ndarray  # (S, 21, 3) about the mean of the measured ones
    weight: np.ndarray  # (S, 21)
    image_std_px: np.ndarray  # (S,) supposed errors, on each axis
    space_std_m: np.ndarray  # (S, 3)
    rotations: np.ndarray  # (S, 16, 3, 3) of a backend, NaN where there is none

    @property
    def complete(self) -> np.ndarray:
        """(S,) bool: all landmarks of the frame were measured."""
        return (self.weight > 0).all(axis=1)


def problem(
    hand: HandArrays, left: HandObservations, right: HandObservations, camera: Camera, settings: FitSettings
) -> Problem:
    """The frames of both hands that can be solved."""
    sides = [_mirrored(left, camera), right]
    observed = np.stack([side.measured.sum(axis=1) >= _MIN_POINTS for side in sides], axis=1)
    spans = solved_spans(observed, settings.max_gap)
    space_std_m = [settings.across_noise_m, settings.across_noise_m, settings.depth_noise_m]

    def row(values: list[np.ndarray]) -> np.ndarray:
        return np.stack(values)[spans.side, spans.frame]

    used = row([side.measured for side in sides]) & spans.observed[:, None]
    image_px = np.where(used[..., None], row([side.image_px for side in sides]), 0.0)
    return Problem(
        hand,
        camera,
        settings,
        spans,
        image_px,
        _centred(np.where(used[..., None], row([side.points for side in sides]), 0.0), used),
        np.where(used, row([side.weight for side in sides]), 0.0),
        settings.image_noise * _size_px(image_px, used, spans),
        np.tile(space_std_m, (len(spans.side), 1)),
        row([_rotations(side) for side in sides]),
    )


def _mirrored(observed: HandObservations, camera: Camera) -> HandObservations:
    """The hand of the other side seen in the mirror that swaps the picture's left and right."""
    x = 2 * camera.centre_x_px - observed.image_px[..., :1]
    rotations = None if observed.rotations is None else mirror_matrix(observed.rotations)
    return HandObservations(
        np.concatenate([x, observed.image_px[..., 1:]], axis=-1),
        observed.points * MIRROR_POINT,
        observed.weight,
        rotations,
    )


def _rotations(observed: HandObservations) -> np.ndarray:
    if observed.rotations is None:
        return np.full((len(observed.image_px), 16, 3, 3), np.nan)
    return observed.rotations


def _centred(points: np.ndarray, used: np.ndarray) -> np.ndarray:
    count = np.maximum(used.sum(axis=1), 1)[:, None]
    return np.where(used[..., None], points - (points.sum(axis=1) / count)[:, None], 0.0)


def _size_px(image_px: np.ndarray, used: np.ndarray, spans: Spans) -> np.ndarray:
    """(S,) larger side of the box around the hand, a running median over its observed frames."""
    low = np.where(used[..., None], image_px, np.inf).min(axis=1, initial=np.inf)
    high = np.where(used[..., None], image_px, -np.inf).max(axis=1, initial=-np.inf)
    size = np.where(spans.observed, (high - low).max(axis=1, initial=0.0), _MIN_SIZE_PX)
    return np.maximum(running_median(size, spans.observed, spans, _SIZE_FRAMES), _MIN_SIZE_PX)
