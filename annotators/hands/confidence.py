"""What a hand's confidence is made of: raw figures for each hand and frame, before any calibration."""

import numpy as np

from annotators.hands.chirality import side_residuals
from annotators.hands.clarity import sharpness
from annotators.hands.fit import ClipFit, FittedHand
from annotators.hands.landmarks import spatial_landmarks
from annotators.hands.tracks import CROPPED, HandTracks
from annotators.pose import BodyPoint
from datasets.hand.camera import DEFAULT_FOCAL_PX, Camera
from datasets.hand.model import SIDES
from datasets.hand.neutral import neutral_hand

FEATURE_NAMES: tuple[str, ...] = (
    "score",  # the detector's own
    "image_residual",  # median distance of the fitted landmarks from the measured ones, in hand sizes
    "depth_residual_m",  # median, along the viewing ray
    "side_residual",  # what posing the measured landmarks alone as this side's hand leaves over, in hand sizes
    "world_size_m",  # of the metric landmarks: the detector shrinks hands it does not understand
    "lost_weight",  # share of the landmarks that the robust fit gave less than half their weight
    "angle_std_rad",  # posterior, mean over the joints
    "jitter",  # second difference of the measured landmarks, mean over them and three frames, in hand sizes
    "speed",  # of the hand's middle, hand sizes a frame
    "clarity",  # sharpness relative to the face's
    "sharpness",  # absolute
    "overlap",  # share of the hand's box that the other hand's covers
    "border",  # from the hand's box to the picture's nearest edge, in hand sizes; below 0 outside
    "size_px",  # longer side of the hand's box
    "chirality",  # how much better the pose fits as this side than as the other
    "wrist_gap",  # to the body's wrist, in forearms
    "cropped",  # 1 where the hand was found in an enlarged crop, 0 in the whole picture
    "disagreement",  # with a second backend, in hand sizes; NaN where there is one backend
)
_HALF_WEIGHT = 0.5
_WRISTS = (BodyPoint.LEFT_WRIST, BodyPoint.RIGHT_WRIST)
_MIN_SIZE_PX = 1.0  # landmarks that coincide have no size to measure by


def confidence_features(
    frames: np.ndarray,
    tracks: HandTracks,
    fit: ClipFit,
    body: np.ndarray | None,
    backend_disagreement: np.ndarray | None = None,
) -> np.ndarray:
    """(T, 2, 18) float32 in FEATURE_NAMES's order; NaN where nothing was measured, or not that.

    frames: (T, H, W, 3) uint8 RGB; body: (T, 33, 3) x, y as fractions of the picture's size and visibility,
    NaN rows where there is none; backend_disagreement: (T, 2).
    """
    measured = tracks.measured
    points = tracks.image * [frames.shape[2], frames.shape[1]]  # (T, 2, 21, 2) px
    size = np.maximum(np.ptp(points, axis=2).max(axis=-1), _MIN_SIZE_PX)  # (T, 2)
    columns = {
        "score": tracks.score,
        **_fit_columns(fit, size),
        "side_residual": _side_residual(points, tracks, frames.shape),
        "world_size_m": np.linalg.norm(tracks.world - tracks.world.mean(axis=2, keepdims=True), axis=(2, 3)),
        "jitter": _jitter(points, size),
        "speed": _speed(points, size),
        "clarity": tracks.clarity,
        "sharpness": _sharpness(frames, tracks),
        "overlap": _overlap(points, _other_places(points, body, frames.shape)),
        "border": _border(points, size, frames.shape),
        "size_px": size,
        "chirality": tracks.chirality,
        "wrist_gap": tracks.wrist_gap,
        "cropped": (tracks.origin == CROPPED).astype(float),
        "disagreement": np.full(size.shape, np.nan) if backend_disagreement is None else backend_disagreement,
    }
    features = np.stack([columns[name] for name in FEATURE_NAMES], axis=-1).astype(np.float32)
    return np.where(measured[..., None] & np.isfinite(features), features, np.float32(np.nan))


def _fit_columns(fit: ClipFit, size: np.ndarray) -> dict[str, np.ndarray]:
    """Of the fit's residuals and posterior, (T, 2) each."""
    hands = (fit.left, fit.right)

    def both(values: list[np.ndarray]) -> np.ndarray:
        return np.stack(values, axis=1)

    return {
        "image_residual": both([_median(hand.image_residual_px) for hand in hands]) / size,
        "depth_residual_m": both([_median(np.abs(hand.depth_residual_m)) for hand in hands]),
        "lost_weight": both([_lost_weight(hand) for hand in hands]),
        "angle_std_rad": both([hand.angle_std_rad.mean(axis=-1) for hand in hands]),
    }


def _side_residual(points: np.ndarray, tracks: HandTracks, shape: tuple[int, ...]) -> np.ndarray:
    """(T, 2) by closed-form inverse kinematics of the neutral hand, whatever hand was fitted."""
    camera = Camera(DEFAULT_FOCAL_PX, shape[2] / 2, shape[1] / 2)
    columns = []
    for side in range(len(SIDES)):
        depth_px = tracks.depth[:, side] * shape[2]
        spatial = spatial_landmarks(points[:, side], depth_px, tracks.world[:, side], camera)
        columns.append(side_residuals(spatial, neutral_hand())[:, side])
    return np.stack(columns, axis=1)


def _median(values: np.ndarray) -> np.ndarray:
    """(T,) over the known ones of (T, 21); NaN where none is."""
    known = np.isfinite(values).any(axis=1)
    median = np.full(len(values), np.nan)
    median[known] = np.nanmedian(values[known], axis=1)
    return median


def _lost_weight(hand: FittedHand) -> np.ndarray:
    lost = np.mean(hand.point_weight < _HALF_WEIGHT, axis=1)
    return np.where(np.isfinite(hand.point_weight).all(axis=1), lost, np.nan)


def _jitter(points: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(T, 2) mean over three frames, NaN where no frame of them has a measured one on either side."""
    jerk = np.full(size.shape, np.nan)
    if len(points) > 2:
        second = np.linalg.norm(np.diff(points, n=2, axis=0), axis=-1).mean(axis=-1)
        jerk[1:-1] = second / size[1:-1]
    padded = np.pad(jerk, ((1, 1), (0, 0)), constant_values=np.nan)
    windows = np.stack([padded[:-2], padded[1:-1], padded[2:]])
    known = np.isfinite(windows)
    total = np.where(known, windows, 0.0).sum(axis=0)
    return total / np.where(known.any(axis=0), known.sum(axis=0), np.nan)


def _speed(points: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(T, 2) the faster of the ways from the frame before and to the frame after; NaN without either."""
    middle = points.mean(axis=2)
    step = np.linalg.norm(np.diff(middle, axis=0), axis=-1)
    edge = np.full((1, 2), np.nan)
    return np.fmax(np.concatenate([edge, step]), np.concatenate([step, edge])) / size


def _sharpness(frames: np.ndarray, tracks: HandTracks) -> np.ndarray:
    values = np.full(tracks.score.shape, np.nan)
    for frame, side in np.argwhere(tracks.measured):
        values[frame, side] = sharpness(frames[frame], tracks.image[frame, side])
    return values


def _other_places(points: np.ndarray, body: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """(T, 2, n, 2) px: where the other hand is, of n points; as large as this one at the body's wrist where
    it was not found."""
    other = points[:, ::-1].copy()
    if body is None:
        return other
    wrist = body[:, _WRISTS[::-1], :2] * [shape[2], shape[1]]
    assumed = points - points.mean(axis=2, keepdims=True) + wrist[:, :, None]
    return np.where(np.isfinite(other), other, assumed)


def _overlap(points: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(T, 2) share of the box of (T, 2, 21, 2) points that the other's box covers; NaN where that is unknown."""
    low, high = points.min(axis=2), points.max(axis=2)
    shared = np.minimum(high, other.max(axis=2)) - np.maximum(low, other.min(axis=2))
    return np.maximum(shared, 0).prod(axis=-1) / np.maximum(high - low, _MIN_SIZE_PX).prod(axis=-1)


def _border(points: np.ndarray, size: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    to_edges = np.minimum(points.min(axis=2), [shape[2], shape[1]] - points.max(axis=2))
    return to_edges.min(axis=-1) / size
