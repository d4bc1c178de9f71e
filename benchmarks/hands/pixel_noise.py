"""How MediaPipe errs on rendered talkers, in the terms of the noise that the landmark benchmark adds."""

from collections.abc import Sequence

import numpy as np

from annotators.hands.landmarks import spatial_landmarks
from benchmarks.hands.noise import NoiseModel
from benchmarks.hands.talkers import RawHands
from benchmarks.results import Row
from datasets.talker.clips import TalkerClip
from datasets.talker.truth import TalkerTruth

_FAILED = 0.15  # median image error, in hand sizes, from which a whole hand counts as failed, not as noisy
_OUTLIER_STDS = 4.0
_NORMAL = 1.4826  # from the median absolute deviation to the standard deviation of a normal distribution


def noise_of(clips: Sequence[TalkerClip], raw: Sequence[RawHands]) -> NoiseModel:
    """The noise of the hands that did not fail, standard deviations robust against outliers.

    In space: the landmarks that the fit is given (`spatial_landmarks`), at the truth's own scale.
    """
    hands = [
        _errors(clip.truth, hand, side) for clip, hand in zip(clips, raw, strict=True) for side in range(2)
    ]
    image = [hand[0] for hand in hands]
    shrink = _depth_shrink(
        np.concatenate([hand[1] for hand in hands]), np.concatenate([hand[2] for hand in hands])
    )
    space = [points - true * [1, 1, shrink] for _, points, true in hands]
    all_image, all_space = np.concatenate(image), np.concatenate(space)
    spread = _spread(all_image)
    outlier = np.linalg.norm(all_image, axis=-1) > _OUTLIER_STDS * spread
    return NoiseModel(
        image_share=spread,
        across_m=_spread(all_space[..., :2]),
        depth_m=_spread(all_space[..., 2]),
        depth_shrink=shrink,
        scale_std=float(np.std([_scale(points, true) for _, points, true in hands])),
        outlier_share=float(outlier.mean()),
        outlier_image_share=_root_mean_square(all_image[outlier]),
        outlier_m=_root_mean_square(all_space[outlier]),
        correlation=_lag_one(image),
    )


def noise_rows(clips: Sequence[TalkerClip], raw: Sequence[RawHands]) -> list[Row]:
    """The noise as rows of the benchmark."""
    noise = noise_of(clips, raw)
    failed = np.concatenate([_image_error(clip.truth, hand) for clip, hand in zip(clips, raw, strict=True)])
    hands = [
        _errors(clip.truth, hand, side) for clip, hand in zip(clips, raw, strict=True) for side in range(2)
    ]
    depth = [points[..., 2] - noise.depth_shrink * true[..., 2] for _, points, true in hands]
    return [
        Row(
            "MediaPipe's noise in the picture, std an axis",
            100 * noise.image_share,
            "% of hand",
            parts={
                "correlation_lag_1": noise.correlation,
                "outlier_share": noise.outlier_share,
                "outlier_rms": noise.outlier_image_share,
                "hands_failed": float(np.mean(failed[np.isfinite(failed)] > _FAILED)),
            },
        ),
        Row(
            "MediaPipe's noise in depth, std",
            1000 * noise.depth_m,
            "mm",
            parts={
                "across_mm": 1000 * noise.across_m,
                "depth_shrink": noise.depth_shrink,
                "correlation_lag_1": _lag_one([values[..., None] for values in depth]),
                "outlier_rms_mm": 1000 * noise.outlier_m,
            },
        ),
    ]


def _errors(truth: TalkerTruth, raw: RawHands, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a hand's good frames: image errors (T, 21, 2) in hand sizes, points and true points (T, 21, 3) m."""
    good = _image_error(truth, raw)[:, side] <= _FAILED
    true_px, image_px = truth.keypoints_2d[good, side].astype(float), raw.image_px[good, side]
    points = spatial_landmarks(image_px, raw.depth_px[good, side], raw.world[good, side], truth.camera)
    true = truth.keypoints_3d[good, side].astype(float)
    metres_a_pixel = true[:, :, 2].mean(axis=1) / truth.camera.focal_px
    image = (image_px - true_px) / _size(true_px)[:, None, None]
    return image, _centred(points * metres_a_pixel[:, None, None]), _centred(true)


def _image_error(truth: TalkerTruth, raw: RawHands) -> np.ndarray:
    """(T, 2) median over the landmarks, in hand sizes; NaN without the hand."""
    apart = np.linalg.norm(raw.image_px - truth.keypoints_2d, axis=-1)
    return np.median(apart, axis=-1) / _size(truth.keypoints_2d)


def _size(points: np.ndarray) -> np.ndarray:
    return np.ptp(points, axis=-2).max(axis=-1)


def _centred(points: np.ndarray) -> np.ndarray:
    return points - points.mean(axis=1, keepdims=True)


def _depth_shrink(points: np.ndarray, true: np.ndarray) -> float:
    """Measured depth over true depth, in least squares."""
    return float((points[..., 2] * true[..., 2]).sum() / (true[..., 2] ** 2).sum())


def _scale(points: np.ndarray, true: np.ndarray) -> float:
    """Of one hand over its clip, across the picture."""
    across, wanted = points[..., :2], true[..., :2]
    return float((across * wanted).sum() / (wanted**2).sum()) if len(points) else 1.0


def _spread(values: np.ndarray) -> float:
    return float(_NORMAL * np.median(np.abs(values - np.median(values))))


def _root_mean_square(values: np.ndarray) -> float:
    """Over all coordinates; 0 of nothing."""
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


def _lag_one(errors: Sequence[np.ndarray]) -> float:
    """Correlation of (T, ...) errors with those one frame later, outliers left out."""
    now = np.concatenate([hand[:-1].ravel() for hand in errors])
    later = np.concatenate([hand[1:].ravel() for hand in errors])
    usual = np.maximum(np.abs(now), np.abs(later)) < _OUTLIER_STDS * _spread(now)
    return float(np.corrcoef(now[usual], later[usual])[0, 1])
