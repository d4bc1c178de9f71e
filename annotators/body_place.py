"""Where the body stands in the picture and how it is turned: what tells hand motion from the person's place.

Five numbers a frame, the paper's "relative position and rotation of the body" (section 3.3) without a camera:

- x, y: the middle of the shoulders, as fractions of the clip's width and height;
- scale: the width that the shoulders would have in the picture if they faced it, as a fraction of the clip's
  width. Pixels a metre come from the whole torso, so that it does not shrink as the person turns: they are the
  scale of the similarity that best lays the metric landmarks, seen along the camera's axis, on those of the
  picture. They are multiplied by the shoulders' width in metres, one number a clip;
- roll: the lean in the picture, in radians, positive clockwise (towards the person's left for one who faces the
  camera). The mean direction of the line through the shoulders and of the normal to the spine, weighted by their
  lengths in the picture and their visibility: neither a turned person nor unseen hips spoil it;
- yaw: the turn about the spine, in radians, 0 facing the camera, positive towards the person's right (the left
  shoulder comes nearer), beyond a quarter turn for one who shows the back. Of the metric landmarks; a proxy,
  since it rests on their depth.

On ten rendered talkers (`benchmarks/hands/body.py`) the median errors are 3 px in x, 6 px in y, 4 % in scale, 1
degree in roll and 4 in yaw. In half floats x, y are kept to 0.2 px, scale to 0.1 %, angles to 0.1 degrees: finer
than they are measured.
"""

import numpy as np

from annotators.pose import BodyPoint, PoseTrack
from annotators.torso import MIN_WEIGHT, TORSO, found_frames, one_size, torso_axes
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX

PLACE_WIDTH = 5  # x, y, scale, roll, yaw
_ANGLES = slice(3, 5)
_SIZE_PX = np.array([CLIP_WIDTH_PX, CLIP_HEIGHT_PX], float)
_SHOULDERS = [BodyPoint.LEFT_SHOULDER, BodyPoint.RIGHT_SHOULDER]
_HIPS = [BodyPoint.LEFT_HIP, BodyPoint.RIGHT_HIP]


def body_place(track: PoseTrack) -> np.ndarray:
    """(T, 5) float64 x, y, scale, roll, yaw, as the module's first lines define them; NaN where no body is."""
    place = np.full((len(track.world), PLACE_WIDTH), np.nan)
    found = found_frames(track)
    if not found.any():
        return place
    world, keypoints = one_size(track.world[found].astype(float)), track.keypoints[found].astype(float)
    lean, yaw = _angles(world, keypoints)
    place[found, :2] = keypoints[:, _SHOULDERS, :2].mean(axis=1)
    place[found, 2] = _pixels_a_metre(world, keypoints) * _shoulder_width_m(world) / CLIP_WIDTH_PX
    place[found, 3], place[found, 4] = lean, yaw
    return place


def body_place_clip(place: np.ndarray) -> np.ndarray | None:
    """(5,) the median of `body_place` (T, 5) over the frames with a body; None without any.

    Angles are taken about their mean direction first, so that one who shows the back has a median too.
    """
    found = place[np.isfinite(place).all(axis=1)]
    if not len(found):
        return None
    middle = np.zeros(PLACE_WIDTH)
    middle[_ANGLES] = np.angle(np.exp(1j * found[:, _ANGLES]).mean(axis=0))
    away = found - middle
    away[:, _ANGLES] = _wrapped(away[:, _ANGLES])
    median = middle + np.median(away, axis=0)
    median[_ANGLES] = _wrapped(median[_ANGLES])
    return median


def _pixels_a_metre(world: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """(T,) scale of the similarity from the torso's metres to its pixels, by least squares weighted by sight."""
    weight = np.maximum(keypoints[:, TORSO, 2], MIN_WEIGHT)
    weight = weight / weight.sum(axis=1, keepdims=True)
    metres = _centred(_complex(world[:, TORSO]), weight)
    pixels = _centred(_complex(keypoints[:, TORSO, :2] * _SIZE_PX), weight)
    agreement = np.abs(np.sum(weight * metres.conj() * pixels, axis=1))
    return agreement / np.sum(weight * np.abs(metres) ** 2, axis=1)


def _shoulder_width_m(world: np.ndarray) -> float:
    left, right = world[:, BodyPoint.LEFT_SHOULDER], world[:, BodyPoint.RIGHT_SHOULDER]
    return float(np.median(np.linalg.norm(left - right, axis=-1)))


def _angles(world: np.ndarray, keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T,) roll and (T,) yaw. Directions in the picture are complex numbers: x + iy, y down."""
    pixels = _complex(keypoints[..., :2] * _SIZE_PX)
    shoulders, hips = pixels[:, _SHOULDERS], pixels[:, _HIPS]
    # the spine, turned to point to the picture's right
    level = -1j * (hips.mean(axis=1) - shoulders.mean(axis=1))
    across = torso_axes(world)[..., 0]
    in_picture = _complex(across)
    front = np.where((in_picture * level.conj()).real < 0, -1.0, 1.0)  # -1 for one who shows the back
    line = front * (shoulders[:, 0] - shoulders[:, 1])
    seen = keypoints[..., 2]
    roll = np.angle(seen[:, _SHOULDERS].min(axis=1) * line + seen[:, _HIPS].min(axis=1) * level)
    return roll, np.arctan2(-across[:, 2], front * np.abs(in_picture))


def _complex(points: np.ndarray) -> np.ndarray:
    return points[..., 0] + 1j * points[..., 1]


def _centred(points: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return points - np.sum(weight * points, axis=1, keepdims=True)


def _wrapped(angles: np.ndarray) -> np.ndarray:
    """The same angles in (-pi, pi]."""
    return np.angle(np.exp(1j * angles))
