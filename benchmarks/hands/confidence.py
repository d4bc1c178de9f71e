"""How well the confidence of a hand tells right from wrong, on corrupted clips that no fit has seen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from annotators.hands.calibrate import Corpus, fit_calibration, held_out_seeds, make_corpus
from annotators.hands.calibrate.corpus import CLIP_KINDS
from annotators.hands.calibrate.scores import (
    auroc,
    bootstrap_interval,
    brier,
    expected_calibration_error,
    risk_coverage,
)
from annotators.hands.calibration import Calibration, packaged_calibration
from annotators.hands.confidence import FEATURE_NAMES
from annotators.hands.mask import mask
from benchmarks.hands.confidence_plots import plot_reliability, plot_risk
from benchmarks.results import BENCH_FOLDER, Row, held_row
from datasets.hand.layout import INTERPOLATED, MEASURED

AUROC_TARGET, ECE_TARGET = 0.85, 0.05
PLOTS = BENCH_FOLDER / "hands"
_CLIPS, _QUICK_CLIPS, _WORKERS = 207, 4, 2  # 23 of each kind
_COVERAGES = (0.5, 0.8, 1.0)


@dataclass(frozen=True, eq=False)
class Judged:
    """N hands in single frames, each with what was said of it and whether it is right."""

    confidence: np.ndarray  # (N,)
    score: np.ndarray  # (N,) the detector's
    right: np.ndarray  # (N,) bool
    clip: np.ndarray  # (N,) seed
    kind: np.ndarray  # (N,) text

    def take(self, frames: np.ndarray) -> "Judged":
        return Judged(*(values[frames] for values in vars(self).values()))


def rows(*, quick: bool) -> list[Row]:
    """The table's rows; writes the risk-coverage and reliability diagrams into build/bench/hands."""
    seeds, calibration = held_out_seeds(_QUICK_CLIPS if quick else _CLIPS), packaged_calibration()
    corpus = make_corpus(seeds, _WORKERS, calibration=calibration)
    judged = corpus_rows(corpus, calibration, PLOTS)
    return judged if quick else [*judged, _unseen_kinds_row(corpus)]


def corpus_rows(corpus: Corpus, calibration: Calibration, plots: Path) -> list[Row]:
    """What the calibration is worth on these clips; writes two diagrams into `plots`."""
    measured = judge(corpus, calibration, MEASURED)
    plot_risk(measured.confidence, measured.score, measured.right, plots / "risk_coverage.png")
    plot_reliability(measured.confidence, measured.score, measured.right, plots / "reliability.png")
    return [
        *_headline_rows(measured, corpus, calibration),
        _risk_row(measured),
        _mask_row(corpus, calibration),
        _gap_row(judge(corpus, calibration, INTERPOLATED)),
        _kinds_row(measured),
    ]


def judge(corpus: Corpus, calibration: Calibration, state: int) -> Judged:
    """The hands in frames of this state."""
    confidence = _confidence(corpus, calibration)
    chosen = corpus.state == state
    score = corpus.features[..., FEATURE_NAMES.index("score")]
    return Judged(
        confidence[chosen],
        np.nan_to_num(score[chosen]),
        corpus.right(calibration.bounds)[chosen],
        np.broadcast_to(corpus.seeds[:, None, None], chosen.shape)[chosen],
        np.broadcast_to(corpus.kinds[:, None, None], chosen.shape)[chosen],
    )


def _confidence(corpus: Corpus, calibration: Calibration) -> np.ndarray:
    clips = zip(corpus.features, corpus.state, strict=True)
    return np.stack([calibration.probability(features, state) for features, state in clips])


def _headline_rows(hands: Judged, corpus: Corpus, calibration: Calibration) -> list[Row]:
    bounds = calibration.bounds
    about = {
        "clips": corpus.n_clips,
        "hands": len(hands.right),
        "right": round(float(hands.right.mean()), 3),
        "bounds": f"{1000 * bounds.pose_error_m:g} mm and {100 * bounds.image_error:g} % of the hand",
        "calibration": calibration.id,
    }
    raw = {"raw score": _figure(auroc, hands, hands.score), "interval": _interval(auroc, hands)}
    raw_ece = {
        "raw score": _figure(expected_calibration_error, hands, hands.score),
        "interval": _interval(expected_calibration_error, hands),
    }
    base = float(hands.right.mean() * (1 - hands.right.mean()))
    return [
        held_row(
            "confidence: AUROC",
            auroc(hands.confidence, hands.right),
            "",
            AUROC_TARGET,
            better="higher",
            parts={**raw, **about},
        ),
        held_row(
            "confidence: expected calibration error",
            expected_calibration_error(hands.confidence, hands.right),
            "",
            ECE_TARGET,
            better="lower",
            parts=raw_ece,
        ),
        Row(
            "confidence: Brier score",
            brier(hands.confidence, hands.right),
            "",
            parts={"raw score": _figure(brier, hands, hands.score), "base rate alone": round(base, 3)},
        ),
    ]


def _risk_row(hands: Judged) -> Row:
    """Mean over all coverages, and single points of the curve."""
    parts = {}
    for name, values in (("confidence", hands.confidence), ("raw score", hands.score)):
        coverage, risk = risk_coverage(values, hands.right)
        at = {f"{100 * c:g} %": float(np.interp(c, coverage, risk)) for c in _COVERAGES}
        parts[name] = ", ".join(f"{value:.3f} at {point}" for point, value in at.items())
    _, risk = risk_coverage(hands.confidence, hands.right)
    return Row("confidence: wrong hands, mean over coverages", float(risk.mean()), "share", parts=parts)


def _mask_row(corpus: Corpus, calibration: Calibration) -> Row:
    """What is wrong among the measured frames that the mask lets through."""
    clips = zip(_confidence(corpus, calibration), corpus.state == MEASURED, strict=True)
    kept = np.stack([mask(confidence, measured) == MEASURED for confidence, measured in clips])
    right, measured = corpus.right(calibration.bounds), corpus.state == MEASURED
    found = {
        "without mask": round(float((~right[measured]).mean()), 3),
        "measured hands kept": round(float(kept.sum() / measured.sum()), 3),
        "right hands kept": round(float((kept & right).sum() / max((measured & right).sum(), 1)), 3),
    }
    wrong = float((~right[kept]).mean()) if kept.any() else None
    return Row("mask: wrong hands among those kept", wrong, "share", parts=found)


def _gap_row(bridged: Judged) -> Row:
    if not len(bridged.right):
        return Row("confidence: AUROC of bridged frames", None, "", parts={"hands": 0})
    ece = expected_calibration_error(bridged.confidence, bridged.right)
    parts = {
        "hands": len(bridged.right),
        "right": round(float(bridged.right.mean()), 3),
        "ECE": round(ece, 3),
    }
    return Row(
        "confidence: AUROC of bridged frames", auroc(bridged.confidence, bridged.right), "", parts=parts
    )


def _kinds_row(hands: Judged) -> Row:
    """AUROC within each kind of clip; the value is the worst one's."""
    found = {kind: hands.take(hands.kind == kind) for kind in CLIP_KINDS if (hands.kind == kind).any()}
    values = {kind: auroc(part.confidence, part.right) for kind, part in found.items()}
    parts = {kind: f"{value:.3f} ({found[kind].right.mean():.2f} right)" for kind, value in values.items()}
    return Row(
        "confidence: AUROC within the worst kind", float(np.nanmin(list(values.values()))), "", parts=parts
    )


def _unseen_kinds_row(corpus: Corpus) -> Row:
    """AUROC on each kind of corruption by a calibration from the other kinds' clips of this very corpus."""
    values = {}
    for kind in CLIP_KINDS:
        others, own = corpus.kinds != kind, corpus.kinds == kind
        if kind in ("clean", "combined"):
            continue
        calibration = fit_calibration(corpus.take(others & (corpus.kinds != "combined")))
        part = judge(corpus.take(own), calibration, MEASURED)
        values[kind] = auroc(part.confidence, part.right)
    parts = {kind: round(value, 3) for kind, value in values.items()}
    worst = float(np.nanmin(list(values.values())))
    return Row("confidence: AUROC on a corruption never seen, the worst", worst, "", parts=parts)


def _figure(measure: Callable[[np.ndarray, np.ndarray], float], hands: Judged, values: np.ndarray) -> float:
    return round(measure(values, hands.right), 3)


def _interval(measure: Callable[[np.ndarray, np.ndarray], float], hands: Judged) -> str:
    """95 % by bootstrap over clips."""
    low, high = bootstrap_interval(measure, hands.confidence, hands.right, hands.clip)
    return f"{low:.3f} to {high:.3f}"
