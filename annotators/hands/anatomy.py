"""How far the joints of a hand bend: the frame of each joint at rest, and the limits of its rotation in it.

Ranges follow the textbook figures for active motion (flexion 90 degrees at the knuckle, 100 to 110 at the
middle joint, 80 at the last; spread 20; next to none sideways beyond the knuckle), widened by some ten
degrees, since our frames only come near to the true axes.
"""

from functools import lru_cache

import numpy as np

from datasets.hand.model import MEDIAPIPE_ORDER, HandModel

FINGER_JOINTS = range(1, 16)
# Where in MediaPipe's 21 landmarks each joint lies; the bone of a joint ends in the landmark after it.
LANDMARK_OF_JOINT = tuple(MEDIAPIPE_ORDER.index(joint) for joint in range(16))
PALM_LANDMARKS = (0, 1, 5, 9, 13, 17)  # what bends little: wrist, base of the thumb, four knuckles

# (lowest, highest) in degrees of twist about the bone, flexion, spread; from the knuckle outwards.
_FINGER_DEG = (
    ((-10, 10), (-35, 105), (-28, 28)),
    ((-5, 5), (-12, 120), (-6, 6)),
    ((-5, 5), (-15, 95), (-6, 6)),
)
_THUMB_DEG = (
    ((-35, 35), (-60, 60), (-60, 60)),
    ((-12, 12), (-50, 75), (-25, 25)),
    ((-8, 8), (-45, 100), (-25, 25)),
)

# Angles the fit leaves free (twist, flexion, spread), and the mean and deviation of what hands do in them, in
# degrees: relaxed fingers are half bent. Twist of a finger's bones does not show in 21 landmarks.
_FINGER_FREE = ((0, 1, 1), (0, 1, 0), (0, 1, 0))
_THUMB_FREE = ((1, 1, 1), (0, 1, 1), (0, 1, 0))
_FINGER_PRIOR_DEG = (
    ((0, 5), (28, 35), (0, 10)),
    ((0, 3), (28, 40), (0, 4)),
    ((0, 3), (22, 30), (0, 4)),
)
_THUMB_PRIOR_DEG = (
    ((0, 15), (8, 25), (0, 20)),
    ((0, 5), (10, 25), (0, 8)),
    ((0, 5), (10, 30), (0, 5)),
)


def bone_directions(rest: np.ndarray) -> np.ndarray:
    """(15, 3) unit vectors along each finger joint's own bone, from (21, 3) landmarks of the flat hand."""
    starts = np.array([LANDMARK_OF_JOINT[joint] for joint in FINGER_JOINTS])
    bones = rest[starts + 1] - rest[starts]
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)


def joint_frames(rest: np.ndarray) -> np.ndarray:
    """(15, 3, 3) rest frames of a right hand's finger joints; columns: axes of twist, flexion, spread.

    Flexion is positive towards the palm. rest: (21, 3) landmarks of the flat hand.
    """
    to_index, to_pinky = rest[5] - rest[0], rest[17] - rest[0]
    back = np.cross(to_pinky, to_index)  # out of the back of a right hand
    bones = bone_directions(rest)
    flexion = np.cross(back, bones)
    flexion /= np.linalg.norm(flexion, axis=-1, keepdims=True)
    return np.stack([bones, flexion, np.cross(bones, flexion)], axis=-1)


@lru_cache(maxsize=1)
def rotation_limits() -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest (15, 3) radians of each finger joint's rotation vector in its rest frame."""
    degrees = np.array([*_FINGER_DEG * 4, *_THUMB_DEG], float)
    limits = np.radians(degrees)
    return limits[..., 0], limits[..., 1]


def free_axes() -> np.ndarray:
    """(15, 3) bool: the angles (twist, flexion, spread) of each finger joint that a fit may move."""
    return np.array([*_FINGER_FREE * 4, *_THUMB_FREE], bool)


@lru_cache(maxsize=1)
def angle_prior() -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation (15, 3) radians of each finger joint's angles over everything hands do."""
    degrees = np.array([*_FINGER_PRIOR_DEG * 4, *_THUMB_PRIOR_DEG], float)
    prior = np.radians(degrees)
    return prior[..., 0], prior[..., 1]


def flat_landmarks(model: HandModel, betas: np.ndarray) -> np.ndarray:
    """(21, 3) landmarks of the model's flat right hand in MediaPipe's order, metres."""
    flat = np.broadcast_to(np.eye(3), (1, 16, 3, 3))
    return model.forward(flat, np.zeros((1, 3)), betas, "right").keypoints[0]
