"""How the hands' columns are laid out: the parts of a row, and what the mask's numbers mean."""

import numpy as np

NONE, MEASURED, INTERPOLATED = 0, 1, 2  # of hands_valid

_QUATERNIONS = 64  # numbers of a hand in `hands_mano` before its translation: 16 joints x w, x, y, z


def split_mano(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quaternions (T, 2, 16, 4) and translation (T, 2, 3) in float64 of `hands_mano` (T, 134); left, then right."""
    hands = np.asarray(column, float).reshape(len(column), 2, _QUATERNIONS + 3)
    return hands[..., :_QUATERNIONS].reshape(len(column), 2, 16, 4), hands[..., _QUATERNIONS:]
