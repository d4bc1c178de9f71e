"""From what a crop network predicts (HaMeR, WiLoR) to detections.

The network sees a square crop about a hand, left hands mirrored into right ones, and answers with MANO's right
hand and its landmarks in the crop (Pavlakos et al. 2024, section 3).
"""

from collections.abc import Mapping

import numpy as np

from annotators.hands.backend import HAND_LANDMARKS, Detection
from datasets.hand.model import N_BETAS, N_JOINTS
from datasets.hand.rotations import mirror_matrix

# Both packages mirror the middle of a left hand's box as if it were the index of a pixel, so that the crop lies one
# pixel further right than the box; measured with WiLoR's own cropping of a picture with one white dot.
_LEFT_CROP_SHIFT_PX = np.array([1.0, 0.0])
# One row a hand; all that the network says is about the right hand of a mirrored crop where `right` is 0.
ROW_SHAPES: dict[str, tuple[int, ...]] = {
    "frame": (),
    "right": (),  # 1 for a right hand
    "score": (),
    "box_centre_px": (2,),  # of the crop, in the picture
    "box_size_px": (),
    "crop_points": (HAND_LANDMARKS, 2),  # from the crop's middle, in sides of the crop; MediaPipe's order
    "keypoints": (HAND_LANDMARKS, 3),  # metres about MANO's origin; x right, y down, z away
    "rotations": (N_JOINTS, 3, 3),
    "betas": (N_BETAS,),
}


def check_rows(rows: Mapping[str, np.ndarray], n_frames: int) -> None:
    """Raise ValueError unless every array is there with one row a hand, in frames that exist."""
    if missing := sorted(set(ROW_SHAPES) - set(rows)):
        raise ValueError(f"no {', '.join(missing)}")
    for name, shape in ROW_SHAPES.items():
        if rows[name].shape != (rows["frame"].size, *shape):
            raise ValueError(f"{name} has the shape {rows[name].shape}")
    if np.any((rows["frame"] < 0) | (rows["frame"] >= n_frames)):
        raise ValueError("a hand in a frame that does not exist")


def crop_detections(
    rows: Mapping[str, np.ndarray], n_frames: int, picture_px: tuple[int, int]
) -> list[list[Detection]]:
    """Each frame's hands. picture_px: width and height of the frames the boxes are in.

    A hand with numbers that are not finite is left out. `depth` is NaN: `world` already holds all the network
    knows of depth. `rotations` are in the convention of the hand's own side; the global one, like `world`, is
    about the axes of the viewing ray, because the network sees the crop alone.
    """
    right = rows["right"] > 0
    sign = np.where(right, 1.0, -1.0)[:, None]
    from_middle = rows["crop_points"] * np.stack([sign, np.ones_like(sign)], axis=-1)
    middle_px = rows["box_centre_px"] + np.where(right[:, None], 0.0, _LEFT_CROP_SHIFT_PX)
    image = (middle_px[:, None] + rows["box_size_px"][:, None, None] * from_middle) / picture_px
    keypoints = rows["keypoints"] * np.stack([sign, np.ones_like(sign), np.ones_like(sign)], axis=-1)
    world = keypoints - keypoints.mean(axis=1, keepdims=True)
    rotations = np.where(right[:, None, None, None], rows["rotations"], mirror_matrix(rows["rotations"]))
    found: list[list[Detection]] = [[] for _ in range(n_frames)]
    for row in np.flatnonzero(_finite(rows)):
        hand = Detection(
            image=image[row].astype(np.float32),
            depth=np.full(HAND_LANDMARKS, np.nan, np.float32),
            world=world[row].astype(np.float32),
            score=float(rows["score"][row]),
            label="Left" if right[row] else "Right",  # MediaPipe's habit: of a person in a mirror
            rotations=rotations[row].astype(float),
            betas=rows["betas"][row].astype(float),
        )
        found[int(rows["frame"][row])].append(hand)
    return found


def _finite(rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """(N,) whether all of a hand's numbers are finite."""
    each = [np.isfinite(rows[name]).all(axis=tuple(range(1, rows[name].ndim))) for name in ROW_SHAPES]
    return np.logical_and.reduce(each)
