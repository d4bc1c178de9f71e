"""How far a posed hand is from the true one, in space and in the picture."""

import numpy as np

_MIN_SPREAD = 1e-12  # square metres: points that coincide cannot be aligned


def pose_errors(posed: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(...) mean distance in metres of (..., 21, 3) points from the true ones after Procrustes alignment.

    Turned, moved and scaled to fit best in least squares (Umeyama 1991). NaN where a point is.
    """
    known = np.isfinite(posed).all(axis=(-1, -2)) & np.isfinite(truth).all(axis=(-1, -2))
    errors = np.full(posed.shape[:-2], np.nan)
    errors[known] = _aligned_distance(posed[known].astype(float), truth[known].astype(float))
    return errors


def image_errors(pixels: np.ndarray, truth_px: np.ndarray) -> np.ndarray:
    """(...) mean distance of (..., 21, 2) points from the true ones in sizes of the true hand: the longer side
    of its box. NaN where a point is."""
    size = np.ptp(truth_px, axis=-2).max(axis=-1)
    return np.linalg.norm(pixels - truth_px, axis=-1).mean(axis=-1) / np.maximum(size, 1.0)


def _aligned_distance(posed: np.ndarray, truth: np.ndarray) -> np.ndarray:
    source = posed - posed.mean(axis=-2, keepdims=True)
    target = truth - truth.mean(axis=-2, keepdims=True)
    left, stretch, right = np.linalg.svd(np.swapaxes(source, -1, -2) @ target)
    proper = np.sign(np.linalg.det(left @ right))
    stretch[..., -1] *= proper
    left[..., :, -1] *= proper[..., None]
    scale = stretch.sum(axis=-1) / np.maximum((source**2).sum(axis=(-1, -2)), _MIN_SPREAD)
    aligned = scale[..., None, None] * (source @ (left @ right))
    return np.linalg.norm(aligned - target, axis=-1).mean(axis=-1)
