"""What is made of a clip's sound, in plain numbers: stretches, pieces, words, turns, and how they go together.

All times are seconds from the clip's beginning.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from string import ascii_uppercase

# Languages that whisperX takes letter by letter, since they write no spaces (whisperx.alignment)
WITHOUT_SPACES = frozenset({"ja", "zh"})


@dataclass(frozen=True)
class Stretch:
    """A time with a voice."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Piece:
    """Stretches that are recognised together, at most 30 s from the first's start to the last's end."""

    stretches: tuple[Stretch, ...]

    @property
    def start_s(self) -> float:
        return self.stretches[0].start_s

    @property
    def end_s(self) -> float:
        return self.stretches[-1].end_s


@dataclass(frozen=True)
class Word:
    """A word as it is written; without times where alignment found no place for it."""

    word: str
    start_s: float | None = None
    end_s: float | None = None
    score: float | None = None  # in [0, 1]
    speaker: str | None = None


@dataclass(frozen=True)
class Turn:
    """One person speaks; turns of several may overlap."""

    speaker: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Segment:
    """A time with a voice and what it says; None where nothing was recognised."""

    start_s: float
    end_s: float
    text: str | None


def covered_s(stretches: Sequence[Stretch]) -> float:
    """Seconds that at least one of the stretches covers."""
    total, reached = 0.0, float("-inf")
    for stretch in sorted(stretches, key=lambda each: each.start_s):
        total += max(0.0, stretch.end_s - max(stretch.start_s, reached))
        reached = max(reached, stretch.end_s)
    return total


def words_of(text: str, language: str) -> list[Word]:
    """The words of a text, without times."""
    parts = (
        [letter for letter in text if not letter.isspace()] if language in WITHOUT_SPACES else text.split()
    )
    return [Word(part) for part in parts]


def segments_of(
    pieces: Sequence[Piece], texts: Sequence[str], words: Sequence[Sequence[Word]] | None, language: str
) -> list[Segment]:
    """The stretches with the words said in each.

    Where the words of a piece have no times, nothing tells which stretch they belong to: then the whole piece is
    one segment. texts, words: of each piece; words is None without alignment.
    """
    segments: list[Segment] = []
    for at, (piece, text) in enumerate(zip(pieces, texts, strict=True)):
        said = words[at] if words is not None else []
        if any(word.start_s is not None for word in said):
            segments += _told_apart(piece, said, "" if language in WITHOUT_SPACES else " ")
        else:
            segments.append(Segment(piece.start_s, piece.end_s, text.strip()))
    return segments


def named(turns: Sequence[Turn]) -> list[Turn]:
    """The turns in order of time, their speakers called A, B, ... by who speaks first."""
    ordered = sorted(turns, key=_in_time)
    names: dict[str, str] = {}
    free = (_name(at) for at in count())
    for turn in ordered:
        if turn.speaker not in names:
            names[turn.speaker] = next(free)
    return sorted((replace(turn, speaker=names[turn.speaker]) for turn in ordered), key=_in_time)


def spoken_by(words: Sequence[Word], turns: Sequence[Turn]) -> list[Word]:
    """The words with their speakers: whoever speaks for most of the word; None where nobody does."""
    return [replace(word, speaker=_speaker(word, turns)) for word in words]


def _in_time(turn: Turn) -> tuple[float, float, str]:
    return turn.start_s, turn.end_s, turn.speaker


def _told_apart(piece: Piece, words: Sequence[Word], space: str) -> list[Segment]:
    """Each word goes to the stretch nearest to its middle, one without times to where the word before it is."""
    said: dict[int, list[str]] = defaultdict(list)
    at = 0
    for word in words:
        if word.start_s is not None and word.end_s is not None:
            at = _nearest(piece.stretches, (word.start_s + word.end_s) / 2)
        said[at].append(word.word)
    return [
        Segment(stretch.start_s, stretch.end_s, space.join(said[index]))
        for index, stretch in enumerate(piece.stretches)
    ]


def _nearest(stretches: Sequence[Stretch], time_s: float) -> int:
    def away_s(index: int) -> float:
        stretch = stretches[index]
        return max(stretch.start_s - time_s, time_s - stretch.end_s, 0.0)

    return min(range(len(stretches)), key=away_s)


def _name(at: int) -> str:
    """A to Z, then AA, AB, ..."""
    letter = ascii_uppercase[at % 26]
    return letter if at < 26 else _name(at // 26 - 1) + letter


def _speaker(word: Word, turns: Sequence[Turn]) -> str | None:
    if word.start_s is None or word.end_s is None:
        return None
    shared: dict[str, float] = defaultdict(float)
    for turn in turns:
        both_s = min(word.end_s, turn.end_s) - max(word.start_s, turn.start_s)
        if both_s > 0:
            shared[turn.speaker] += both_s
    return max(sorted(shared), key=lambda speaker: shared[speaker]) if shared else None
