"""What a rendered talker was rendered from, and its file.

The file is a plain npz, one array a field of `TalkerTruth`, named alike; text is of fixed width.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from datasets.errors import UserError
from datasets.hand.camera import Camera


@dataclass(frozen=True, eq=False)
class TalkerTruth:
    """T frames of ground truth. Hands stand left, then right, as the person would say.

    Camera frame: metres, x right in the picture, y down, z away. Pixels are those of the source picture,
    continuous, (0.5, 0.5) at the middle of the top left one. All floats are float32.
    """

    rate_hz: np.ndarray  # () frames a second
    size_px: np.ndarray  # (2,) int width, height
    focal_px: np.ndarray  # (T,) pinhole focal length
    centre_px: np.ndarray  # (T, 2) principal point
    hand_model: np.ndarray  # () text: HandModel.name
    betas: np.ndarray  # (10,) shape of both hands
    # (T, 2, 48) absolute MANO pose, each side in its own convention; global: camera frame
    axis_angle: np.ndarray
    translation: np.ndarray  # (T, 2, 3) metres; wrist = joints(betas, side)[0] + translation
    wrist: np.ndarray  # (T, 2, 3) metres, camera frame
    keypoints_3d: np.ndarray  # (T, 2, 21, 3) metres, camera frame, MediaPipe order
    keypoints_2d: np.ndarray  # (T, 2, 21, 2) pixels
    visible: np.ndarray  # (T, 2, 21) bool: inside the picture (nothing is said of what hides behind what)
    body_names: np.ndarray  # (9,) text: datasets.talker.body.BODY_NAMES
    body_3d: np.ndarray  # (T, 9, 3) metres, camera frame
    body_2d: np.ndarray  # (T, 9, 2) pixels
    face_centre_px: np.ndarray  # (T, 2)
    shot: np.ndarray  # (T,) int number of the shot
    brightness: np.ndarray  # (T,) 1 in full picture, 0 in the black of a fade
    cut_frames: np.ndarray  # (C,) int first frame of each shot that opens with a hard cut
    # (F, 3) int: start and end of the dimmed frames, half-open, and the black frame between, at which the new
    # shot begins
    fades: np.ndarray
    beats_s: np.ndarray  # (B,) seconds at which stressed syllables begin and strokes end

    @property
    def n_frames(self) -> int:
        return len(self.shot)

    @property
    def camera(self) -> Camera:
        """The first frame's, and so of all frames of its shot."""
        return Camera(float(self.focal_px[0]), *(float(value) for value in self.centre_px[0]))


def save_truth(truth: TalkerTruth, path: Path) -> None:
    """Write the npz; the same truth gives the same bytes."""
    with path.open("wb") as file:
        np.savez(file, **{field.name: getattr(truth, field.name) for field in fields(truth)})


def load_truth(path: Path) -> TalkerTruth:
    """The truth in a file that `save_truth` wrote. Raises UserError where it is no such file."""
    names = [field.name for field in fields(TalkerTruth)]
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return TalkerTruth(**{name: arrays[name] for name in names})
    except (OSError, EOFError, BadZipFile, ValueError, KeyError, AttributeError) as error:
        raise UserError(
            f"{path} is not a talker's truth file ({error}): write one with `emo2 talker --truth`."
        ) from error
