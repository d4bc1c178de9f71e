"""How far measured hands are from true ones, pooled over clips."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotators.hands.calibrate.errors import pose_errors
from benchmarks.hands.motions import Motion
from datasets.hand.rotations import geodesic_deg


@dataclass(frozen=True)
class HandErrors:
    """Errors of the frames that were solved, pooled; the 15 finger joints of a frame count one by one."""

    joint_deg: np.ndarray  # geodesic; empty for a method without rotations
    global_deg: np.ndarray
    aligned_mm: np.ndarray  # mean over 21 landmarks, Procrustes-aligned
    wrist_mm: np.ndarray  # the same, both hands moved to their wrist
    acceleration_mm: np.ndarray  # a frame squared, of the landmarks about their wrist


def hand_errors(
    motion: Motion, keypoints: np.ndarray, rotations: np.ndarray | None, chosen: np.ndarray | None = None
) -> HandErrors:
    """Of (T, 21, 3) metres and (T, 16, 3, 3), in the chosen (T,) frames; frames with NaN are left out."""
    used = np.isfinite(keypoints).all(axis=(1, 2))
    used &= True if chosen is None else chosen
    about, true_about = keypoints - keypoints[:, :1], motion.keypoints - motion.keypoints[:, :1]
    bent = np.diff(about - true_about, n=2, axis=0)[used[1:-1]]
    empty = np.zeros(0)
    turned = empty if rotations is None else geodesic_deg(rotations[used], motion.rotations[used])
    return HandErrors(
        joint_deg=empty if rotations is None else turned[:, 1:].ravel(),
        global_deg=empty if rotations is None else turned[:, 0],
        aligned_mm=1e3 * pose_errors(keypoints[used], motion.keypoints[used]),
        wrist_mm=1e3 * np.linalg.norm((about - true_about)[used, 1:], axis=-1).mean(axis=1),
        acceleration_mm=1e3 * np.linalg.norm(bent[np.isfinite(bent).all(axis=(1, 2))], axis=-1).mean(axis=1),
    )


def pooled(errors: Sequence[HandErrors]) -> HandErrors:
    """All of them as one."""
    fields = HandErrors.__dataclass_fields__
    return HandErrors(**{name: np.concatenate([getattr(one, name) for one in errors]) for name in fields})


def percentile(values: np.ndarray, percent: float) -> float | None:
    """Of the values that are numbers; None where there is none."""
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if known.size else None
