"""Where the torso stands in the camera frame and how it is turned, from MediaPipe's two sets of landmarks.

The world landmarks have a shape in metres but no place. Their place t is where a pinhole camera would see
them at the image landmarks: each of the shoulders and hips, at (X, Y, Z) in the body and (u, v) pixels from
the principal point, asks that

    f (X + tx) = u (Z + tz)    and    f (Y + ty) = v (Z + tz),

eight equations in three unknowns, solved by least squares weighted with the landmarks' visibility. Depth so
follows the spans of the torso in metres against those in pixels. MediaPipe estimates the metric size anew in
each frame, but one person has one size: each frame's world landmarks are first scaled to the clip's median
size. What jitter is left in depth goes through a running median, along the ray to the shoulders, so that the
offset still projects to where the shoulders are.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter1d

from annotators.pose import BodyPoint, PoseTrack
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import Camera
from datasets.hand.rotations import make_sign_continuous, matrix_to_quaternion

TORSO = [BodyPoint.LEFT_SHOULDER, BodyPoint.RIGHT_SHOULDER, BodyPoint.LEFT_HIP, BodyPoint.RIGHT_HIP]
MIN_WEIGHT = 1e-3  # hips outside the picture are guessed by the model; they only keep the solution in place


def torso_offset(track: PoseTrack, camera: Camera, *, smooth_frames: int) -> np.ndarray:
    """(T, 7) float64: middle of the shoulders x, y, z in metres, torso quaternion w, x, y, z; NaN: no body.

    Camera frame. The identity quaternion is a torso upright and facing the camera; signs are continuous over
    the frames that have a body. smooth_frames: odd length of the running median on depth.
    """
    offset = np.full((len(track.world), 7), np.nan)
    found = found_frames(track)
    if not found.any():
        return offset
    world, keypoints = track.world[found].astype(float), track.keypoints[found].astype(float)
    offset[found, :3] = _shoulder_middle(one_size(world), keypoints, camera)
    offset[:, :3] *= (_running_median(offset[:, 2], smooth_frames) / offset[:, 2])[:, None]
    offset[found, 3:] = make_sign_continuous(matrix_to_quaternion(torso_axes(world)))
    return offset


def steady_offset(offset: np.ndarray, *, median_frames: int, smooth_frames: float) -> np.ndarray | None:
    """(T, 7) `torso_offset` without its jitter and without gaps; None where no frame has a body.

    Frames without a body lie on the way between their neighbours, or where the nearest one does. Then every
    number goes through a running median over median_frames (odd) and a Gaussian of standard deviation
    smooth_frames. Quaternions (sign-continuous) are no longer of unit length.
    """
    found = np.isfinite(offset).all(axis=1)
    if not found.any():
        return None
    frames, seen = np.arange(len(offset)), np.flatnonzero(found)
    filled = [np.interp(frames, seen, column[found]) for column in offset.astype(float).T]
    calm = np.stack([_running_median(column, median_frames) for column in filled], axis=1)
    return gaussian_filter1d(calm, smooth_frames, axis=0, mode="nearest")


def found_frames(track: PoseTrack) -> np.ndarray:
    """(T,) bool: a body was found, in the picture and in metres."""
    return np.isfinite(track.world).all(axis=(1, 2)) & np.isfinite(track.keypoints).all(axis=(1, 2))


def torso_axes(world: np.ndarray) -> np.ndarray:
    """(T, 3, 3) rotations whose columns are the torso's axes in the camera frame, from (T, 33, 3) landmarks.

    First the line from the right to the left shoulder (to the right of the picture for one who faces the
    camera), then the spine downwards, made square to it, then their cross product, out of the back. The
    shoulders lead because in a half-body picture the hips are often guessed.
    """
    left, right = world[:, BodyPoint.LEFT_SHOULDER], world[:, BodyPoint.RIGHT_SHOULDER]
    hips = (world[:, BodyPoint.LEFT_HIP] + world[:, BodyPoint.RIGHT_HIP]) / 2
    across = _unit(left - right)
    spine = hips - (left + right) / 2
    down = _unit(spine - across * np.sum(spine * across, axis=-1, keepdims=True))
    return np.stack([across, down, np.cross(across, down)], axis=-1)


def one_size(world: np.ndarray) -> np.ndarray:
    """(T, 33, 3) landmarks scaled so that the torso has the clip's median size in every frame."""
    torso = world[:, TORSO]
    size = np.linalg.norm(torso - torso.mean(axis=1, keepdims=True), axis=(1, 2))
    return world * (np.median(size) / size)[:, None, None]


def _shoulder_middle(world: np.ndarray, keypoints: np.ndarray, camera: Camera) -> np.ndarray:
    """(T, 3) metres in the camera frame; the module's first lines tell how."""
    body, image = world[:, TORSO], keypoints[:, TORSO]
    centre = np.array([camera.centre_x_px, camera.centre_y_px])
    pixels = image[..., :2] * [CLIP_WIDTH_PX, CLIP_HEIGHT_PX] - centre  # (T, 4, 2)
    known = pixels * body[..., 2:] - camera.focal_px * body[..., :2]
    unknown = np.zeros((*pixels.shape, 3))  # (T, 4, 2, 3), the factors of tx, ty, tz
    unknown[..., 0, 0] = unknown[..., 1, 1] = camera.focal_px
    unknown[..., 2] = -pixels
    weight = np.maximum(image[..., 2], MIN_WEIGHT)[..., None]
    normal = np.einsum("tpci,tpc,tpcj->tij", unknown, np.broadcast_to(weight, pixels.shape), unknown)
    right_side = np.einsum("tpci,tpc->ti", unknown, weight * known)
    place = np.linalg.solve(normal, right_side[..., None])[..., 0]
    return place + body[:, :2].mean(axis=1)


def _running_median(values: np.ndarray, length: int) -> np.ndarray:
    """Median over `length` frames about each of (T,), NaN left out; shorter at the ends; NaN stays NaN."""
    half = length // 2
    padded = np.pad(values, half, constant_values=np.nan)
    windows = sliding_window_view(padded, 2 * half + 1)
    smooth = np.full_like(values, np.nan)
    present = np.isfinite(values)
    smooth[present] = np.nanmedian(windows[present], axis=1)
    return smooth


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
