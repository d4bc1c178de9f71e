"""Measures and reports. Its parts: talkers, media (where EMO2_MEDIA names some) and, only when asked for, fit."""

import os
import time
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from annotators.speaker.certainty import Certainty
from annotators.speaking import SpeakingThresholds
from benchmarks.active_speaker.clips import Measurer, Spoken
from benchmarks.active_speaker.fit import LENGTHS_FRAMES, fitted, log_loss
from benchmarks.active_speaker.pairs import Pairs, cut_short, scorer, shifted, swapped
from benchmarks.results import Row, held_row, report

AUROC: Final = 0.95  # target on rendered talkers
LOST: Final = 0.01  # of clips of people who do speak, at most
_FIT_SEEDS: Final = range(24)
_HELD_OUT_SEEDS: Final = range(1_000_000, 1_000_012)
_SHIFTS_FRAMES: Final = (25, 40)  # 1 s and 1.6 s
_PIECES: Final = 2  # of a clip and length ...
_STRANGERS: Final = 6  # ... and sounds of others for each


class Part(StrEnum):
    """What can be measured alone."""

    TALKERS = "talkers"
    MEDIA = "media"
    FIT = "fit"


DEFAULT: Final = (Part.TALKERS, Part.MEDIA)


def run(*, quick: bool = False, parts: Sequence[Part] = DEFAULT) -> Path:
    """Print the table and write active-speaker.json. quick: four talkers and no media."""
    measurer = Measurer()
    rows: list[Row] = []
    if Part.FIT in parts:
        rows += _fit_rows(measurer.talkers(_FIT_SEEDS[: 6 if quick else None]))
    if Part.TALKERS in parts:
        rows += _talker_rows(measurer.talkers(_HELD_OUT_SEEDS[: 4 if quick else None]))
    media = os.environ.get("EMO2_MEDIA")
    if Part.MEDIA in parts and media and not quick:
        rows += _media_rows(measurer.media(Path(media, "talk")))
    return report("active-speaker", rows)


def _fit_rows(talkers: Sequence[Spoken]) -> Iterator[Row]:
    now, new = Certainty(), fitted(talkers)
    for name in ("strength", "offset", "length"):
        yield Row(f"fit: {name}", getattr(new, name), "log-odds", parts={"in use": getattr(now, name)})


def _talker_rows(talkers: Sequence[Spoken]) -> Iterator[Row]:
    yield _held("rendered: sound of another talker", swapped(talkers))
    yield _held("rendered: own sound, 1 s and more apart", shifted(talkers, _SHIFTS_FRAMES))
    yield _cost(talkers[0])


def _media_rows(clips: Sequence[Spoken]) -> Iterator[Row]:
    pairs = swapped(clips)
    low, high = pairs.interval()
    parts = _counts(pairs) | {"95 % of draws of recordings": f"{low:.3f} to {high:.3f}"}
    yield Row("real: sound of another recording", pairs.auroc, "AUROC", parts=parts)
    pieces = _pieces(clips, LENGTHS_FRAMES)
    odds = np.log(pieces.score.clip(1e-6, 1 - 1e-6) / (1 - pieces.score.clip(1e-6, 1 - 1e-6)))
    yield Row(
        "real, pieces of 2 to 12 s: log loss", log_loss(odds, pieces.own), "nats", parts={"chance": 0.693}
    )
    by_length = {f"{length / 25:g} s": _pieces(clips, [length]).auroc for length in LENGTHS_FRAMES}
    yield Row("real, pieces of 2 to 12 s", pieces.auroc, "AUROC", parts=_counts(pieces) | by_length)
    for threshold in sorted({0.02, 0.04, 0.1, 0.2, SpeakingThresholds().min_speaker_score}):
        yield _below(threshold, pairs, pieces)


def _pieces(clips: Sequence[Spoken], lengths: Sequence[int]) -> Pairs:
    return swapped(cut_short(clips, lengths, _PIECES), strangers=_STRANGERS)


def _held(measure: str, pairs: Pairs) -> Row:
    return held_row(measure, pairs.auroc, "AUROC", AUROC, better="higher", parts=_counts(pairs))


def _counts(pairs: Pairs) -> dict[str, float]:
    return {
        "own": int(pairs.own.sum()),
        "others": int((~pairs.own).sum()),
        "median own": float(np.median(pairs.score[pairs.own])),
        "median others": float(np.median(pairs.score[~pairs.own])),
    }


def _below(threshold: float, pairs: Pairs, pieces: Pairs) -> Row:
    """What min_speaker_score would leave out; the default is the one that is held."""
    (whole, found), (lost, found_pieces) = pairs.below(threshold), pieces.below(threshold)
    parts = {"others left out": found_pieces, "of whole clips lost": whole, "left out": found}
    measure = f"real, pieces of 2 to 12 s: lost at min_speaker_score {threshold:g}"
    if threshold == SpeakingThresholds().min_speaker_score:
        return held_row(f"{measure} (default)", lost, "of own", LOST, better="lower", parts=parts)
    return Row(measure, lost, "of own", parts=parts)


def _cost(clip: Spoken) -> Row:
    score, times = scorer(), 50
    begin_s = time.process_time()
    for _ in range(times):
        score(clip.mouth, clip.loudness)
    took_ms = 1000 * (time.process_time() - begin_s) / times
    return Row("score of a clip", took_ms, "CPU-ms", parts={"frames": clip.n_frames})
