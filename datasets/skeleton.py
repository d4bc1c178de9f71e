"""The body's skeletons: the project's own arms and legs, and maps from MediaPipe's 33 points to other orders.

Every map takes points (T, 33, 3) as the column `body_keypoints` holds them: x, y in any unit, and a score in
[0, 1] (MediaPipe's visibility). It gives (T, K, 3) in the order of the target. A point that is missing or that
MediaPipe does not know is NaN with score 0. Left and right are the person's own.
"""

from typing import Final, Literal, NamedTuple

import numpy as np

# MediaPipe Pose's landmarks in their order.
MEDIAPIPE_33: Final = (
    "nose",
    *("left_eye_inner", "left_eye", "left_eye_outer"),
    *("right_eye_inner", "right_eye", "right_eye_outer"),
    *("left_ear", "right_ear"),
    *("mouth_left", "mouth_right"),
    *("left_shoulder", "right_shoulder"),
    *("left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist"),
    *("left_pinky", "right_pinky"),
    *("left_index", "right_index"),
    *("left_thumb", "right_thumb"),
    *("left_hip", "right_hip"),
    *("left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
    *("left_heel", "right_heel"),
    *("left_foot_index", "right_foot_index"),
)

# The paper's keypoint maps show "the 2D positions of joints in the arms and legs" (section 3.4).
JOINTS: Final = (
    *("left_shoulder", "right_shoulder"),
    *("left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist"),
    *("left_hip", "right_hip"),
    *("left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)


class Bone(NamedTuple):
    """A line from one of `JOINTS` to the next one outwards, as indices into them."""

    name: str
    side: Literal["left", "right"]
    start: int
    end: int


BONES: Final = (
    Bone("left_upper_arm", "left", 0, 2),
    Bone("right_upper_arm", "right", 1, 3),
    Bone("left_forearm", "left", 2, 4),
    Bone("right_forearm", "right", 3, 5),
    Bone("left_thigh", "left", 6, 8),
    Bone("right_thigh", "right", 7, 9),
    Bone("left_shin", "left", 8, 10),
    Bone("right_shin", "right", 9, 11),
)

# MediaPipe's index for each point of the target; UNKNOWN where MediaPipe has no such point.
UNKNOWN: Final = -1
_JOINT_INDICES: Final = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)

# nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left before right
COCO_17: Final = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)

# COCO-WholeBody's feet: left big toe, small toe, heel, then right. MediaPipe's foot index is the end of the foot
# at the big toe.
COCO_FEET: Final = (31, UNKNOWN, 29, 32, UNKNOWN, 30)
COCO_FACE_POINTS: Final = 68
COCO_133_POINTS: Final = 133  # 17 body, 6 feet, 68 face, 21 left hand, 21 right hand

# nose, neck, right shoulder, elbow, wrist, the left ones, right hip, knee, ankle, the left ones, right eye, left
# eye, right ear, left ear; the neck is no point of MediaPipe's
OPENPOSE_18: Final = (0, UNKNOWN, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
OPENPOSE_NECK: Final = 1

_SHOULDERS = (11, 12)
_HANDS = 42  # left 21, right 21, in MediaPipe's order, which is COCO-WholeBody's too


def arms_and_legs(body: np.ndarray) -> np.ndarray:
    """(T, 12, 3) the points of `JOINTS`."""
    return _picked(body, _JOINT_INDICES)


def to_coco_17(body: np.ndarray) -> np.ndarray:
    """(T, 17, 3) in the order of the COCO keypoint task."""
    return _picked(body, COCO_17)


def to_coco_133(body: np.ndarray, hands: np.ndarray | None = None) -> np.ndarray:
    """(T, 133, 3) in the order of COCO-WholeBody; the small toes and the 68 face points are unknown.

    hands: (T, 42, 3) x, y, score, left 21 and right 21 in MediaPipe's order (see `hand_points`); None: unknown.
    """
    frames = len(body)
    known = _missing(frames, _HANDS) if hands is None else _scored(hands)
    face = _missing(frames, COCO_FACE_POINTS)
    return np.concatenate([_picked(body, COCO_17), _picked(body, COCO_FEET), face, known], axis=1)


def to_openpose_18(body: np.ndarray) -> np.ndarray:
    """(T, 18, 3) in the order of OpenPose's COCO model.

    The neck is the middle of the shoulders, with the lower of their scores.
    """
    points = _picked(body, OPENPOSE_18)
    shoulders = _picked(body, _SHOULDERS)
    points[:, OPENPOSE_NECK, :2] = shoulders[..., :2].mean(axis=1)
    points[:, OPENPOSE_NECK, 2] = shoulders[..., 2].min(axis=1)
    return points


def hand_points(keypoints: np.ndarray, score: np.ndarray) -> np.ndarray:
    """(T, 42, 3) of the columns `hands_keypoints` (T, 84) and a score a hand, such as `hands_confidence` (T, 2)."""
    places = np.asarray(keypoints, float).reshape(-1, _HANDS, 2)
    scores = np.repeat(np.asarray(score, float), _HANDS // 2, axis=1)[..., None]
    return _scored(np.concatenate([places, scores], axis=-1))


def _picked(body: np.ndarray, indices: tuple[int, ...]) -> np.ndarray:
    """(T, K, 3) float64 of these indices, with a missing point for UNKNOWN."""
    points = np.asarray(body, float)
    if points.ndim != 3 or points.shape[1:] != (len(MEDIAPIPE_33), 3):
        raise ValueError(f"body has shape {points.shape}; a skeleton is made of (frames, 33, 3)")
    known = np.concatenate([points, _missing(len(points), 1)], axis=1)  # the last is what UNKNOWN, -1, picks
    return _scored(known[:, list(indices)])


def _scored(points: np.ndarray) -> np.ndarray:
    """The points with NaN places and score 0 wherever any part of one is NaN."""
    known = np.isfinite(points).all(axis=-1, keepdims=True)
    return np.where(known, points, [np.nan, np.nan, 0.0])


def _missing(frames: int, count: int) -> np.ndarray:
    return np.tile([np.nan, np.nan, 0.0], (frames, count, 1))
