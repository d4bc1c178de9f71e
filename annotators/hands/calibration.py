"""From raw figures to the probability that a hand is right: a small additive model, kept as readable JSON.

Right means: both errors below the bounds that the calibration states. Each feature adds its own piecewise
linear share to the log-odds, a missing one a share of its own; a last slope and offset, fitted on clips that
the shares had not seen, bring the sum to a probability (Platt 1999). Interpolated frames are judged by the
length of their gap and by the frames on either side of it.
"""

import hashlib
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from annotators.hands.confidence import FEATURE_NAMES
from datasets.errors import UserError
from datasets.hand.layout import INTERPOLATED, MEASURED

_SUREST = 12.0  # log-odds; beyond it a probability is 0 or 1 in float32
_ID_LENGTH = 12


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Bounds(_Strict):
    """A hand is right where both of its errors are smaller."""

    pose_error_m: float = Field(gt=0)  # mean over the 21 landmarks after Procrustes alignment
    image_error: float = Field(gt=0)  # mean distance of the 21 in the picture, in sizes of the true hand


class Term(_Strict):
    """What one feature adds to the log-odds: straight between the knots, level beyond them."""

    feature: str
    window_frames: int = Field(1, ge=1)  # odd; above 1 the mean over that many frames about the one judged
    knots: tuple[float, ...] = Field(min_length=2)
    log_odds: tuple[float, ...]
    missing: float = 0.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.feature not in FEATURE_NAMES:
            raise ValueError(f"{self.feature!r} is no feature: there are {', '.join(FEATURE_NAMES)}")
        if len(self.knots) != len(self.log_odds) or sorted(set(self.knots)) != list(self.knots):
            raise ValueError(f"{self.feature} needs rising knots and as many log_odds")
        if self.window_frames % 2 == 0:
            raise ValueError(f"{self.feature}: window_frames must be odd")
        return self

    def share(self, features: np.ndarray) -> np.ndarray:
        """(T, 2) log-odds of (T, 2, F) features."""
        values = self.values(features)
        return np.where(np.isnan(values), self.missing, np.interp(values, self.knots, self.log_odds))

    def values(self, features: np.ndarray) -> np.ndarray:
        """(T, 2) what the knots are about."""
        column = features[..., FEATURE_NAMES.index(self.feature)].astype(float)
        return windowed_mean(column, self.window_frames)


class Gaps(_Strict):
    """Log-odds of an interpolated frame: offset + slope x the less sure neighbour's + a share a frame of gap."""

    offset: float = 0.0
    neighbour: float = 1.0
    a_frame: float = 0.0


class Calibration(_Strict):
    """`Calibration.load()` is the one that comes with the package; `.load(path)` one of your own."""

    bounds: Bounds
    intercept: float
    terms: tuple[Term, ...]
    slope: float = 1.0
    offset: float = 0.0
    gaps: Gaps = Gaps()
    corpus: dict[str, Any] = Field(default_factory=dict)  # what it was fitted on, for the reader

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Raises UserError where the file cannot be read or is no calibration."""
        source = files(__package__) / "calibration.json" if path is None else path
        try:
            return cls.model_validate_json(source.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"the calibration {source} cannot be read ({error}): make one with `emo2 calibrate --out FILE`."
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            raise UserError(
                f"{source} is no calibration ({place}: {first['msg']}): make one with "
                "`emo2 calibrate --out FILE`."
            ) from error

    def save(self, path: Path) -> None:
        """Write it as JSON to be read by eye."""
        try:
            path.write_text(_readable(self.model_dump_json(indent=1)) + "\n", encoding="utf-8")
        except OSError as error:
            raise UserError(f"{path} cannot be written ({error.strerror}): choose another place.") from error

    @property
    def id(self) -> str:
        """12 hex digits of the content's hash, without what is only for the reader."""
        content = self.model_dump_json(exclude={"corpus"})
        return hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]

    def probability(self, features: np.ndarray, state: np.ndarray) -> np.ndarray:
        """(T, 2) float64 in [0, 1]; 0 where there is no hand.

        features: (T, 2, F) in FEATURE_NAMES's order; state: (T, 2) as the mask has it: none, measured, or
        interpolated. An interpolated frame without a measured one on either side has no hand.
        """
        odds = np.where(state == MEASURED, self.log_odds(features), np.nan)
        odds = np.where(state == INTERPOLATED, self._over_gaps(odds), odds)
        known = np.clip(np.nan_to_num(odds), -_SUREST, _SUREST)
        return np.where(np.isnan(odds), 0.0, 1 / (1 + np.exp(-known)))

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """(T, 2) of (T, 2, F) features, were the hand measured in every frame."""
        return self.slope * self.raw_log_odds(features) + self.offset

    def raw_log_odds(self, features: np.ndarray) -> np.ndarray:
        """(T, 2) the sum of the shares, before the last slope and offset."""
        return sum((term.share(features) for term in self.terms), np.full(features.shape[:2], self.intercept))

    def _over_gaps(self, odds: np.ndarray) -> np.ndarray:
        gap, neighbour = gap_facts(odds)
        return self.gaps.offset + self.gaps.neighbour * neighbour + self.gaps.a_frame * gap


def _readable(json: str) -> str:
    """With each list of numbers on one line."""
    return re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), json)


@cache
def packaged_calibration() -> Calibration:
    return Calibration.load()


def gap_facts(odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) length of the gap each NaN of `odds` lies in, and the smaller of the log-odds at its two ends.

    Both are NaN in frames that are not NaN, and in gaps that reach an end of the clip.
    """
    length, neighbour = np.full(odds.shape, np.nan), np.full(odds.shape, np.nan)
    for side in range(odds.shape[1]):
        known = np.flatnonzero(~np.isnan(odds[:, side]))
        for before, after in pairwise(known):
            length[before + 1 : after, side] = after - before - 1
            neighbour[before + 1 : after, side] = min(odds[before, side], odds[after, side])
    return length, neighbour


def windowed_mean(values: np.ndarray, frames: int) -> np.ndarray:
    """(T, 2) mean over `frames` (odd) about each frame of (T, 2), NaN left out; NaN stays NaN."""
    if frames == 1 or not len(values):
        return values
    half = frames // 2
    padded = np.pad(values, ((half, half), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, frames, axis=0)
    known = np.isfinite(windows)
    total = np.where(known, windows, 0.0).sum(axis=-1)
    return np.where(np.isnan(values), np.nan, total / np.maximum(known.sum(axis=-1), 1))
