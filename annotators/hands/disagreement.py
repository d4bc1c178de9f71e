"""How far two backends' hands are apart: where two networks that erred in training on different pictures agree,
both are more likely right."""

import numpy as np

from annotators.hands.tracks import HandTracks

_WRIST, _KNUCKLES = 0, [5, 9, 13, 17]  # MediaPipe landmarks: index to pinky where they leave the palm


def disagreement(first: HandTracks, second: HandTracks) -> np.ndarray:
    """(T, 2) mean distance between the two hands' landmarks, about their wrists, in hand sizes.

    A hand size is the mean distance from the wrist to the four knuckles, of each hand itself: neither how far away
    nor how large a backend takes the hand to be counts, its pose and orientation do. 0 where they agree; 1 is the
    length of a palm. NaN where one of them lacks the hand.
    """
    apart = np.linalg.norm(_in_hand_sizes(first.world) - _in_hand_sizes(second.world), axis=-1)
    return apart.mean(axis=-1)


def _in_hand_sizes(world: np.ndarray) -> np.ndarray:
    """(T, 2, 21, 3) landmarks about the wrist, in sizes of their hand; NaN where that size is 0."""
    about_wrist = world - world[:, :, _WRIST : _WRIST + 1]
    size = np.linalg.norm(about_wrist[:, :, _KNUCKLES], axis=-1).mean(axis=-1)
    return about_wrist / np.where(size > 0, size, np.nan)[..., None, None]
