"""Landmarks as a detector might see them: the truth with stated noise."""

from dataclasses import dataclass

import numpy as np

from annotators.hands.fit import HandObservations
from benchmarks.hands.motions import Motion
from datasets.hand.camera import Camera


@dataclass(frozen=True)
class NoiseModel:
    """Errors of a detector; standard deviations on each axis."""

    image_share: float = 0.015  # of the hand's size in the picture, in each frame
    across_m: float = 0.004
    depth_m: float = 0.010
    depth_shrink: float = 0.8  # depth in space as measured, over the true one
    scale_std: float = 0.05  # of the size in space, one draw a clip and hand
    outlier_share: float = 0.05  # of landmarks, in the picture and in space at once
    outlier_image_share: float = 0.12
    outlier_m: float = 0.020
    correlation: float = 0.0  # of the errors from frame to frame (AR(1)); outliers are independent


def measured(motion: Motion, camera: Camera, noise: NoiseModel, seed: int) -> HandObservations:
    """What a detector with this noise says about a motion."""
    rng = np.random.default_rng([seed, motion.side == "right"])
    true_px = camera.project(motion.keypoints)
    size_px = np.ptp(true_px, axis=1).max(axis=1)[:, None, None]
    shape = true_px.shape[:2]
    outlier = rng.random(shape)[..., None] < noise.outlier_share
    image_px = true_px + noise.image_share * size_px * _errors((*shape, 2), noise.correlation, rng)
    image_px += outlier * noise.outlier_image_share * size_px * rng.normal(size=(*shape, 2))
    centred = motion.keypoints - motion.keypoints.mean(axis=1, keepdims=True)
    points = centred * (1 + rng.normal(0, noise.scale_std)) * [1, 1, noise.depth_shrink]
    points += np.array([noise.across_m, noise.across_m, noise.depth_m]) * _errors(
        (*shape, 3), noise.correlation, rng
    )
    points += outlier * noise.outlier_m * rng.normal(size=(*shape, 3))
    return HandObservations(image_px, points, np.ones(shape))


def _errors(shape: tuple[int, ...], correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Unit-variance Gaussian errors over frames, correlated as correlation ** |frames apart|."""
    errors = rng.normal(size=shape)
    for frame in range(1, len(errors) if correlation else 0):
        errors[frame] = correlation * errors[frame - 1] + np.sqrt(1 - correlation**2) * errors[frame]
    return errors
