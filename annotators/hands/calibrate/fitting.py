"""A calibration from measured clips whose truth is known: penalised, monotone logistic regression."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from annotators.hands.calibrate.corpus import Corpus
from annotators.hands.calibration import Bounds, Calibration, Gaps, Term, gap_facts
from annotators.hands.confidence import FEATURE_NAMES
from datasets.errors import UserError
from datasets.hand.layout import INTERPOLATED, MEASURED

# A finger of an adult is some 16 mm broad: 12 mm in the mean is a pose whose fingers bend as they should, and
# 12 % of a hand is a finger's breadth in the picture. Both leave enough right and wrong hands to learn from.
BOUNDS = Bounds(pose_error_m=0.012, image_error=0.12)
_FOLDS = 5
_MIN_FRAMES = 200  # of either kind, right and wrong, to fit anything by
_QUANTILES = (0.02, 0.15, 0.35, 0.65, 0.85, 0.98)
_PENALTY = 10.0  # on squared steps between knots, in frames: a step needs that many to be believed


@dataclass(frozen=True)
class Shape:
    """What a term may look like."""

    feature: str
    direction: int  # 1: more is never worse; -1: more is never better; 0: free
    window_frames: int = 1


SHAPES: tuple[Shape, ...] = (
    Shape("score", 1),
    Shape("image_residual", -1),
    Shape("depth_residual_m", -1),
    Shape("side_residual", -1),
    Shape("world_size_m", 1),
    Shape("lost_weight", -1),
    Shape("angle_std_rad", -1),
    Shape("jitter", -1),
    Shape("speed", 0),
    Shape("clarity", 1),
    Shape("sharpness", 1),
    Shape("overlap", -1),
    Shape("border", 1),
    Shape("size_px", 0),
    Shape("chirality", 1),
    Shape("wrist_gap", -1),
    Shape("cropped", 0),
    Shape("disagreement", -1),
    # What the detector takes for the wrong hand it takes so for a while.
    Shape("side_residual", -1, 5),
    Shape("chirality", 1, 9),
)


def fit_calibration(corpus: Corpus, bounds: Bounds = BOUNDS, shapes: Sequence[Shape] = SHAPES) -> Calibration:
    """The calibration that explains which measured hands are right. Raises UserError for too few frames.

    The last slope and offset come from clips that the shares were not fitted on, five folds of whole clips.
    """
    right = corpus.right(bounds)
    _check(corpus, right)
    started = _fit_shares(corpus, right, bounds, shapes)
    folds = np.arange(corpus.n_clips) % _FOLDS
    unseen = np.full(right.shape, np.nan)
    for fold in range(_FOLDS):
        part = corpus.take(folds != fold)
        shares = _fit_shares(part, right[folds != fold], bounds, shapes)
        for clip in np.flatnonzero(folds == fold):
            unseen[clip] = shares.raw_log_odds(corpus.features[clip])
    measured = corpus.state == MEASURED
    slope, offset = _line(unseen[measured][:, None], right[measured])
    sure = np.where(measured, slope[0] * unseen + offset, np.nan)
    facts = {"clips": corpus.n_clips, "frames": int(measured.sum()), "first_seed": int(corpus.seeds.min())}
    return started.model_copy(
        update={
            "slope": round(float(slope[0]), 4),
            "offset": round(offset, 4),
            "gaps": _fit_gaps(corpus, sure, right),
            "corpus": {**facts, "share_right": round(float(right[measured].mean()), 4)},
        }
    )


def _check(corpus: Corpus, right: np.ndarray) -> None:
    known = right[corpus.state == MEASURED]
    if min(known.sum(), (~known).sum()) < _MIN_FRAMES:
        raise UserError(
            f"{corpus.n_clips} clips gave {int(known.sum())} right and {int((~known).sum())} wrong hands: a "
            f"calibration needs {_MIN_FRAMES} of each, so give more clips."
        )


def _fit_shares(corpus: Corpus, right: np.ndarray, bounds: Bounds, shapes: Sequence[Shape]) -> Calibration:
    """Terms and intercept; no last slope yet."""
    measured = corpus.state == MEASURED
    terms = [term for shape in shapes if (term := _empty_term(shape, corpus, measured)) is not None]
    kept = {(term.feature, term.window_frames) for term in terms}
    directions = [s.direction for s in shapes if (s.feature, s.window_frames) in kept]
    columns, limits = [], []
    for term, direction in zip(terms, directions, strict=True):
        values = np.stack([term.values(clip) for clip in corpus.features])[measured]
        columns.append(_ramps(values, term.knots))
        sign = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}[direction]
        limits += [sign] * (len(term.knots) - 1) + [(None, None)]
    weights = _logistic(np.concatenate(columns, axis=1), right[measured], limits)
    return _assembled(terms, weights, bounds)


def _empty_term(shape: Shape, corpus: Corpus, measured: np.ndarray) -> Term | None:
    """Knots at quantiles of the values that occur, so that a value common as 0 takes one; None where there are
    not two values."""
    values = corpus.features[..., FEATURE_NAMES.index(shape.feature)][measured]
    occurring = np.unique(values[np.isfinite(values)].astype(float))
    if len(occurring) < 2:
        return None
    knots = np.unique([float(f"{knot:.3g}") for knot in np.quantile(occurring, _QUANTILES)])
    if len(knots) < 2:
        return None
    return Term(
        feature=shape.feature,
        window_frames=shape.window_frames,
        knots=tuple(knots.tolist()),
        log_odds=(0.0,) * len(knots),
    )


def _ramps(values: np.ndarray, knots: tuple[float, ...]) -> np.ndarray:
    """(N, K) for K knots: how much of each step up to the value is taken, then whether it is missing."""
    low, high = np.array(knots[:-1]), np.array(knots[1:])
    missing = np.isnan(values)
    ramps = np.clip((np.where(missing, low[0], values)[:, None] - low) / (high - low), 0, 1)
    return np.concatenate([ramps, missing[:, None].astype(float)], axis=1)


def _logistic(
    columns: np.ndarray, right: np.ndarray, limits: Sequence[tuple[float | None, float | None]]
) -> np.ndarray:
    """(1 + columns,) weights, intercept first, that minimise log loss + penalty within the limits."""
    design = np.concatenate([np.ones((len(columns), 1)), columns], axis=1)
    outcome = right.astype(float)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = design @ weights
        penalised = np.concatenate([[0.0], weights[1:]])
        value = np.sum(np.logaddexp(0, odds) - outcome * odds) + _PENALTY / 2 * penalised @ penalised
        return float(value), design.T @ (1 / (1 + np.exp(-odds)) - outcome) + _PENALTY * penalised

    found = minimize(
        loss,
        np.zeros(design.shape[1]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *limits],
        options={"maxiter": 500},
    )
    return found.x


def _assembled(terms: Sequence[Term], weights: np.ndarray, bounds: Bounds) -> Calibration:
    filled, start = [], 1
    for term in terms:
        steps = weights[start : start + len(term.knots) - 1]
        shares = np.concatenate([[0.0], np.cumsum(steps)])
        missing = float(weights[start + len(term.knots) - 1])
        rounded = tuple(round(float(share), 4) for share in shares)
        filled.append(term.model_copy(update={"log_odds": rounded, "missing": round(missing, 4)}))
        start += len(term.knots)
    return Calibration(bounds=bounds, intercept=round(float(weights[0]), 4), terms=tuple(filled))


def _line(columns: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """Slopes (n,) and offset of the logistic regression on a few columns (N, n)."""
    weights = _logistic(columns, right, [(None, None)] * columns.shape[1])
    return weights[1:], float(weights[0])


def _fit_gaps(corpus: Corpus, sure: np.ndarray, right: np.ndarray) -> Gaps:
    """From interpolated frames; the plain default where there are too few to tell."""
    facts = [gap_facts(odds) for odds in sure]
    length, neighbour = (np.stack(values) for values in zip(*facts, strict=True))
    known = (corpus.state == INTERPOLATED) & np.isfinite(length)
    if min(right[known].sum(), (~right[known]).sum()) < _MIN_FRAMES // 10:
        return Gaps()
    slopes, offset = _line(np.stack([neighbour[known], length[known]], axis=1), right[known])
    return Gaps(
        offset=round(offset, 4), neighbour=round(float(slopes[0]), 4), a_frame=round(float(slopes[1]), 4)
    )
