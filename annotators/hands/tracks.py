"""The speaker's two hands over a clip, as measured: what the fit and the confidence start from."""

from dataclasses import dataclass

import numpy as np

NOT_FOUND, TRACKED, CROPPED = 0, 1, 2  # where a hand came from: nothing, the whole picture, an enlarged crop


@dataclass(frozen=True)
class HandTracks:
    """Left, then right, over T frames; NaN (0 for score, clarity and origin) in frames without the hand."""

    image: np.ndarray  # (T, 2, 21, 2) fractions of the clip's width and height
    depth: np.ndarray  # (T, 2, 21) behind the wrist, fractions of the clip's width
    world: np.ndarray  # (T, 2, 21, 3) metres about the hand's own centre, axes of the viewing ray
    score: np.ndarray  # (T, 2) the detector's own
    clarity: np.ndarray  # (T, 2) sharpness of the hand's pixels relative to the face's
    # (T, 2) how much better the pose fits as this side than as the other, in hand sizes
    chirality: np.ndarray
    # (T, 2) distance from the body's wrist in forearms; NaN also where no body was found
    wrist_gap: np.ndarray
    origin: np.ndarray  # (T, 2) uint8: NOT_FOUND, TRACKED or CROPPED
    others: int  # hands left out as somebody else's, counted over frames
    rotations: np.ndarray | None = None  # (T, 2, 16, 3, 3) where the backend gives MANO itself

    @property
    def measured(self) -> np.ndarray:
        """(T, 2) bool: a hand was found."""
        return np.isfinite(self.image).all(axis=(2, 3))
