"""Mouths against their own sound and against others, and how well a score tells the two apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from annotators.annotator import Clip
from annotators.speaker import SpeakerAnnotator
from benchmarks.active_speaker.clips import Spoken


@dataclass(frozen=True, eq=False)
class Pairs:
    """N pairs of a mouth and a sound."""

    score: np.ndarray  # (N,) in [0, 1]; 0 where the annotator says nothing
    own: np.ndarray  # (N,) bool: the sound is that of the mouth
    recordings: np.ndarray  # (N, 2) of the mouth, of the sound

    @property
    def auroc(self) -> float:
        return auroc(self.score, self.own, np.ones(len(self.own)))

    def interval(self, draws: int = 1000) -> tuple[float, float]:
        """The middle 95 % of the AUROC over draws of recordings with replacement, for clips of one are alike."""
        names, places = np.unique(self.recordings, return_inverse=True)
        places = places.reshape(self.recordings.shape)
        random, found = np.random.default_rng(0), []
        for _ in range(draws):
            times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
            weight = np.where(self.own, times[places[:, 0]], times[places].prod(axis=1))
            if weight[self.own].any() and weight[~self.own].any():
                found.append(auroc(self.score, self.own, weight))
        low, high = np.quantile(found, [0.025, 0.975])
        return float(low), float(high)

    def below(self, threshold: float) -> tuple[float, float]:
        """The share of own sounds, and of others, whose score is below."""
        own, others = (self.score[which] < threshold for which in (self.own, ~self.own))
        return float(own.mean()), float(others.mean())


def swapped(clips: Sequence[Spoken], *, strangers: int | None = None) -> Pairs:
    """Each mouth with its own sound, and with the beginning of every long enough sound of another recording.

    strangers: how many of those at most, drawn at random; None for all.
    """
    random, pairs = np.random.default_rng(0), []
    for one in clips:
        others = [each for each in clips if each.recording != one.recording and each.n_frames >= one.n_frames]
        if strangers is not None and len(others) > strangers:
            others = [others[index] for index in random.permutation(len(others))[:strangers]]
        pairs.append(_Pair(one, one, one.mouth, one.loudness, True))
        pairs += [_Pair(one, other, one.mouth, other.loudness[: one.n_frames], False) for other in others]
    return _scored(pairs)


def shifted(clips: Sequence[Spoken], by_frames: Sequence[int]) -> Pairs:
    """Each mouth with its own sound, and with the same as much later and earlier."""
    pairs = [_Pair(clip, clip, clip.mouth, clip.loudness, True) for clip in clips]
    for by in by_frames:
        pairs += [_Pair(clip, clip, clip.mouth[by:], clip.loudness[:-by], False) for clip in clips]
        pairs += [_Pair(clip, clip, clip.mouth[:-by], clip.loudness[by:], False) for clip in clips]
    return _scored(pairs)


def cut_short(clips: Sequence[Spoken], lengths: Sequence[int], each: int) -> list[Spoken]:
    """`each` random pieces of every clip for every length in frames, or the whole where it is shorter."""
    random, pieces = np.random.default_rng(0), []
    for clip in clips:
        for length in lengths:
            for _ in range(each):
                begin = int(random.integers(max(clip.n_frames - length, 0) + 1))
                end = begin + length
                pieces.append(
                    Spoken(clip.name, clip.recording, clip.mouth[begin:end], clip.loudness[begin:end])
                )
    return pieces


def auroc(score: np.ndarray, own: np.ndarray, weight: np.ndarray) -> float:
    """The chance that an own pair scores higher than another, ties halved; (N,) each."""
    order = np.argsort(score, kind="stable")
    values, starts = np.unique(score[order], return_index=True)
    mine = np.add.reduceat(np.where(own, weight, 0.0)[order], starts)
    others = np.add.reduceat(np.where(own, 0.0, weight)[order], starts)
    below = np.cumsum(others) - others
    assert len(values) == len(mine)
    return float((mine * (below + others / 2)).sum() / (mine.sum() * others.sum()))


@dataclass(frozen=True, eq=False)
class _Pair:
    """A mouth and a sound, and the clips they are from."""

    seen: Spoken
    heard: Spoken
    mouth: np.ndarray
    loudness: np.ndarray
    own: bool


def _scored(pairs: Sequence[_Pair]) -> Pairs:
    score_of = scorer()
    return Pairs(
        score=np.array([score_of(pair.mouth, pair.loudness) for pair in pairs]),
        own=np.array([pair.own for pair in pairs]),
        recordings=np.array([(pair.seen.recording, pair.heard.recording) for pair in pairs]),
    )


def scorer() -> Callable[[np.ndarray, np.ndarray], float]:
    """The annotator's score of a mouth (T, 2) and a loudness (T,)."""
    annotator = SpeakerAnnotator()

    def score(mouth: np.ndarray, loudness: np.ndarray) -> float:
        columns = {"face_mouth": mouth, "audio_loudness": loudness[:, None]}
        row = annotator.annotate([Clip("pair", np.empty((0, 2, 2, 3), np.uint8), columns=columns)])
        return row["speaker_score"][0].as_py() or 0.0

    return score
