"""Which videos show the same recording, told by the fingerprints of their clips.

Two clips of one recording agree, frame after frame, at one shift in time; others agree by chance, in half of the
signs. So a shift is judged by its best run: each frame adds `_ALLOWED` less the number of signs in which the two
differ, and a run that falls below nothing starts anew, as genes are aligned. A run of enough points is the same
recording, unless the same two clips agree a quarter as well at another shift: then it is a rhythm that they
share, or motion of so few kinds (a camera that shakes) that much agrees by chance.

Shifts worth judging are those at which some stretch of a second agrees exactly in most of its signs; clips are
sorted by such stretches, so that no two clips are compared that share none.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numba
import numpy as np

from datasets.splits.fingerprints import FRAMES_A_HASH, SIGNS_A_FRAME, unpacked

# Chosen on rendered talkers of seeds 0 to 10 and on real media; `python -m benchmarks duplicates` measures others.
_ALLOWED: Final = 2  # signs of 8 in which two frames may differ without a loss
# Of a run: 1.4 s that agree in all signs, 2.9 s that differ in an eighth of them. The best of 1,854 pairs of clips
# of different recordings had 38.
_MIN_POINTS: Final = 72
_RIVAL_SHARE: Final = 1 / 4
_RIVAL_FRAMES: Final = 14  # nearer shifts agree since motion is smooth

# A stretch that has to agree exactly: which signs of how many frames, and how far apart these stand.
_STRETCHES: Final = ((0b00110011, 6, 3), (0b01001011, 6, 5), (0b00011100, 8, 4), (0b00010011, 8, 4))
_KEY_BITS: Final = 24
_SPARSE: Final = FRAMES_A_HASH  # one of two stretches begins where a hash does
_MOST_COMPARED: Final = 1_024  # stretches with the same key, so that a rhythm does not cost all the time
_MANY: Final = 4_000_000  # frames, from which on counting beats sorting
_REMEMBERED: Final = 1 << 16  # pairs of clips that were found to share a rhythm

# The frames of all clips, end to end: signs (M,) uint8, whether they tell anything (M,) bool, clip (M,) int32; where
# each clip begins, and the end, (C + 1,) int64; the video of each clip (C,) int32. A plain tuple, since numba's cache
# would not survive a new name of a named one.
_Frames: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]

_DIFFERING = np.array([bin(value).count("1") for value in range(256)], np.uint8)


def near_duplicates(prints: Mapping[str, Sequence[np.ndarray]]) -> list[tuple[str, str]]:
    """Pairs of videos that show the same recording: enough of them to connect all that do, sorted.

    prints: video_id -> the `fingerprint_frames` of its clips, (N,) uint64 each, N from 0. The order of the videos
    does not matter. 100,000 clips of 12 s take about half a minute of one core and 600 MB.
    """
    videos = sorted(prints)
    frames = _frames([prints[video] for video in videos])
    joined = np.arange(len(videos))
    pairs: list[tuple[str, str]] = []
    for signs, count, apart in _STRETCHES:
        order, bounds = _sorted_by_key(_keys(frames, _selection(signs), count, apart))
        pairs += [(videos[one], videos[other]) for one, other in _join(frames, order, bounds, joined)]
    return sorted((min(pair), max(pair)) for pair in pairs)


def agreement(first: np.ndarray, second: np.ndarray) -> int:
    """Points of the best run of two clips, at whatever shift; at most 16 a hash."""
    frames = _frames([[first], [second]])
    shifts = range(1 - FRAMES_A_HASH * len(first), FRAMES_A_HASH * len(second))
    return max((_points(frames, 0, 1, shift) for shift in shifts), default=0)


def _frames(videos: Sequence[Sequence[np.ndarray]]) -> _Frames:
    clips = [np.asarray(clip, np.uint64) for video in videos for clip in video]
    signs, telling = unpacked(np.concatenate([np.empty(0, np.uint64), *clips]))
    lengths = np.array([FRAMES_A_HASH * len(clip) for clip in clips], np.int64)
    clip_of = np.repeat(np.arange(len(clips), dtype=np.int32), lengths)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    video_of = np.repeat(np.arange(len(videos), dtype=np.int32), [len(video) for video in videos])
    return signs, telling, clip_of, starts, video_of


def _selection(mask: int) -> np.ndarray:
    """(256,) int32: of each value the bits that are set in `mask`, moved together."""
    bits = [bit for bit in range(SIGNS_A_FRAME) if mask >> bit & 1]
    moved = [sum((value >> bit & 1) << place for place, bit in enumerate(bits)) for value in range(256)]
    return np.array(moved, np.int32)


@numba.njit(cache=True, nogil=True)
def _keys(frames, selection, count, apart):  # type: ignore[no-untyped-def]
    """(M,) int32 key of the stretch that begins at each frame; -1 where it leaves its clip or tells too little."""
    signs, telling, _, starts, _ = frames
    width = _KEY_BITS // count
    keys = np.full(len(signs), -1, np.int32)
    for clip in range(len(starts) - 1):
        for first in range(starts[clip], starts[clip + 1] - (count - 1) * apart):
            key = 0
            for frame in range(first, first + count * apart, apart):
                if not telling[frame]:
                    key = -1
                    break
                key = key << width | selection[signs[frame]]
            keys[first] = key
    return keys


def _sorted_by_key(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames in the order of their keys, and where each key begins in it, with the end."""
    if len(keys) > _MANY:
        return _counted_by_key(keys)
    chosen = np.flatnonzero(keys >= 0).astype(np.int32)
    order = chosen[np.argsort(keys[chosen], kind="stable")]
    begins = np.flatnonzero(np.diff(keys[order])) + 1
    return order, np.concatenate([[0], begins, [len(order)]]).astype(np.int32)


@numba.njit(cache=True, nogil=True)
def _counted_by_key(keys):  # type: ignore[no-untyped-def]
    """The same by counting every key there may be, which takes 134 MB however few frames there are."""
    bounds = np.zeros((1 << _KEY_BITS) + 2, np.int32)
    for key in keys:
        if key >= 0:
            bounds[key + 2] += 1
    for key in range(len(bounds) - 1):
        bounds[key + 1] += bounds[key]
    order = np.empty(bounds[-1], np.int32)
    for frame in range(len(keys)):
        key = keys[frame]
        if key >= 0:
            order[bounds[key + 1]] = frame
            bounds[key + 1] += 1
    return order, bounds[:-1]


@numba.njit(cache=True, nogil=True)
def _join(frames, order, bounds, joined):  # type: ignore[no-untyped-def]
    """Pairs of videos joined now; `joined` leads from each video towards the one that stands for its group."""
    _, _, clip_of, _, video_of = frames
    found = []
    rhythms = np.full(_REMEMBERED, -1, np.int64)
    for key in range(len(bounds) - 1):
        for place in range(bounds[key], bounds[key + 1]):
            one = order[place]
            last = min(bounds[key + 1], place + 1 + _MOST_COMPARED)
            for other in order[place + 1 : last]:
                if one % _SPARSE and other % _SPARSE:
                    continue
                first, second = video_of[clip_of[one]], video_of[clip_of[other]]
                roots = _root(joined, first), _root(joined, second)
                if roots[0] != roots[1] and _same_recording(frames, one, other, rhythms):
                    joined[roots[0]] = roots[1]
                    found.append((first, second))
    return found


@numba.njit(cache=True, nogil=True)
def _root(joined, video):  # type: ignore[no-untyped-def]
    while joined[video] != video:
        joined[video] = joined[joined[video]]
        video = joined[video]
    return video


@numba.njit(cache=True, nogil=True)
def _same_recording(frames, one, other, rhythms):  # type: ignore[no-untyped-def]
    """Whether the clips of two frames with one key show the same, at the shift that brings the two together."""
    _, _, clip_of, starts, video_of = frames
    if not _agree_nearby(frames, one, other):
        return False
    first, second = clip_of[one], clip_of[other]
    pair = np.int64(first) * len(video_of) + second
    slot = pair % _REMEMBERED
    if rhythms[slot] == pair:
        return False
    shift = (other - starts[second]) - (one - starts[first])
    points = _points(frames, first, second, shift)
    if points < _MIN_POINTS:
        return False
    if _is_rhythm(frames, first, second, shift, points):
        rhythms[slot] = pair
        return False
    return True


@numba.njit(cache=True, nogil=True)
def _agree_nearby(frames, one, other):  # type: ignore[no-untyped-def]
    """Whether the two seconds about these frames earn a run any points; spares the look at the whole clips."""
    signs, _, clip_of, starts, _ = frames
    first, second = clip_of[one], clip_of[other]
    before = min(16, one - starts[first], other - starts[second])
    after = min(32, starts[first + 1] - one, starts[second + 1] - other)
    differ = 0
    for step in range(-before, after):
        differ += _DIFFERING[signs[one + step] ^ signs[other + step]]
    return differ < _ALLOWED * (before + after)


@numba.njit(cache=True, nogil=True)
def _points(frames, first, second, shift):  # type: ignore[no-untyped-def]
    """Of the best run of two clips, the second one being `shift` frames ahead."""
    signs, telling, _, starts, _ = frames
    one, other = starts[first] + max(0, -shift), starts[second] + max(0, shift)
    length = min(starts[first + 1] - one, starts[second + 1] - other)
    points = best = np.int64(0)
    for step in range(length):
        if telling[one + step] and telling[other + step]:
            differ = _DIFFERING[signs[one + step] ^ signs[other + step]]
            points = max(points + _ALLOWED - np.int64(differ), np.int64(0))
            best = max(best, points)
    return best


@numba.njit(cache=True, nogil=True)
def _is_rhythm(frames, first, second, shift, points):  # type: ignore[no-untyped-def]
    """Whether the two clips agree a quarter as well at a shift that is not near this one."""
    _, _, _, starts, _ = frames
    least = _RIVAL_SHARE * points
    for rival in range(starts[first] - starts[first + 1] + 1, starts[second + 1] - starts[second]):
        if abs(rival - shift) >= _RIVAL_FRAMES and _points(frames, first, second, rival) >= least:
            return True
    return False
