"""The constants of `annotators.speaker.certainty`, fitted on rendered talkers made as hard to read as real people."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import minimize

from annotators.speaker.certainty import Certainty, terms
from annotators.speaker.evidence import EvidenceParams, evidence
from benchmarks.active_speaker.clips import Spoken

LENGTHS_FRAMES = (50, 75, 100, 150, 200, 300)
_SHARES = (0.4, 0.85)  # of another talker's mouth in the one that is looked at
_MIXTURES, _STRANGERS = 6, 3  # of each talker, and sounds of others for each piece
_RIDGE = 1e-4
_LEAST_FRAMES = 25


def fitted(talkers: Sequence[Spoken]) -> Certainty:
    """The constants of the least log loss, either answer as likely."""
    samples = np.array(list(_samples(talkers, np.random.default_rng(0))))
    given, own = terms(samples[:, 0], samples[:, 1]), samples[:, 2].astype(bool)

    def cost(weights: np.ndarray) -> float:
        return log_loss(given @ weights, own) + _RIDGE * float(weights @ weights)

    strength, offset, length = (round(float(value), 2) for value in minimize(cost, np.zeros(3)).x)
    return Certainty(strength=strength, offset=offset, length=length)


def log_loss(odds: np.ndarray, own: np.ndarray) -> float:
    """Mean of own and others, each counting half, in nats; (N,) log-odds."""
    return float((np.logaddexp(0, -odds[own]).mean() + np.logaddexp(0, odds[~own]).mean()) / 2)


def _samples(talkers: Sequence[Spoken], random: np.random.Generator) -> Iterator[tuple[float, int, bool]]:
    """Strength, frames, and whether the sound is the mouth's own, of pieces of 2 to 12 s."""
    for talker in talkers:
        for _ in range(_MIXTURES):
            other = talkers[int(random.integers(len(talkers)))]
            if other is talker:
                continue
            opening = _mixed(talker, other, float(random.uniform(*_SHARES)))
            strangers = [each for each in talkers if each is not talker and each is not other]
            chosen = [strangers[index] for index in random.integers(len(strangers), size=_STRANGERS)]
            yield from _pieces(opening, talker.loudness, [each.loudness for each in chosen], random)


def _pieces(
    opening: np.ndarray, own: np.ndarray, others: Sequence[np.ndarray], random: np.random.Generator
) -> Iterator[tuple[float, int, bool]]:
    params = EvidenceParams()
    for wanted in LENGTHS_FRAMES:
        length = min(wanted, len(opening))
        begin = int(random.integers(len(opening) - length + 1))
        mouth = opening[begin : begin + length]
        frames = int(np.isfinite(mouth).sum())
        if frames < _LEAST_FRAMES:
            continue
        yield evidence(mouth, own[begin : begin + length], params).strength, frames, True
        for sound in (each for each in others if len(each) >= length):
            start = int(random.integers(len(sound) - length + 1))
            yield evidence(mouth, sound[start : start + length], params).strength, frames, False


def _mixed(one: Spoken, other: Spoken, share: float) -> np.ndarray:
    """(T,) openings of two mouths, each of variance one, as long as the shorter."""
    frames = min(one.n_frames, other.n_frames)
    mine, theirs = (_standard(each.mouth[:frames, 0]) for each in (one, other))
    return (1 - share) * mine + share * theirs


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - np.nanmean(values)) / np.nanstd(values)
