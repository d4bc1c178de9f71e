"""The columns of the `hands` slot from tracks, fit, confidence and mask."""

from typing import Any

import numpy as np

from annotators.hands.fit import ClipFit, FittedHand
from annotators.hands.tracks import HandTracks


def pose_columns(fit: ClipFit, valid: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters, NaN wherever the mask (T, 2) says that there is no hand."""
    sides = [_shown(hand, valid[:, side] > 0) for side, hand in enumerate((fit.left, fit.right))]
    return {
        name: np.concatenate([side[name] for side in sides], axis=1)
        for name in ("hands_mano", "hands_axis_angle", "hands_wrist", "hands_std")
    } | {"hands_betas": fit.betas.astype(np.float32)}


def track_columns(tracks: HandTracks) -> dict[str, Any]:
    """What was measured, NaN or 0 where nothing was: masked frames keep it, so that the mask can be judged."""
    return {
        "hands_keypoints": flat(tracks.image),
        "hands_depth": flat(tracks.depth),
        "hands_world": flat(tracks.world),
        "hands_score": tracks.score,
        "hands_clarity": tracks.clarity,
        "hands_others": tracks.others,
    }


def flat(values: np.ndarray) -> np.ndarray:
    """(T, ...) as (T, N)."""
    return values.reshape(len(values), int(np.prod(values.shape[1:])))


def _shown(hand: FittedHand, wanted: np.ndarray) -> dict[str, np.ndarray]:
    values = {
        "hands_mano": np.concatenate([flat(hand.quaternions), hand.translation], axis=1),
        "hands_axis_angle": flat(hand.axis_angle),
        "hands_wrist": hand.wrist,
        "hands_std": np.concatenate([hand.angle_std_rad, hand.translation_std_m], axis=1),
    }
    return {name: np.where(wanted[:, None], value, np.nan) for name, value in values.items()}
