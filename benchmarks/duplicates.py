"""`python -m benchmarks duplicates`: are copies of a recording found, and are different recordings kept apart?

Rendered talkers of seeds that no threshold was chosen on, and real media where EMO2_MEDIA names some; each copied by
ffmpeg in every way of `benchmarks.copies`, and all of it sent through the stages of an ingest. All videos are then
compared at once. Takes about five seconds a copy: 20 minutes on idle cores.
"""

import os
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path
from typing import Final

import av
import numpy as np
from scipy.ndimage import gaussian_filter1d

from annotators.annotator import Clip
from annotators.fingerprint import FingerprintAnnotator, FingerprintParams
from benchmarks.copies import COPIES, Print, copied, fingerprints
from benchmarks.media import SMALL_PX, talker
from benchmarks.results import BENCH_FOLDER, Row, held_row, report
from datasets.frame import MAX_CLIP_FRAMES
from datasets.splits.fingerprints import FRAMES_A_HASH, SIGNS_A_FRAME, packed
from datasets.splits.near_duplicates import agreement, near_duplicates

HELD_OUT_SEEDS: Final = range(200, 212)  # thresholds were chosen on 0 to 10
RECALL, FRAME_MS, MATCH_S = 0.95, 0.5, 60.0  # targets
_ORIGINAL: Final = "original"
_CLIPS: Final = 100_000
_CLIPS_A_VIDEO: Final = 10


@dataclass(frozen=True)
class Source:
    """A recording of which copies are made."""

    name: str
    kind: str  # "rendered" or "real"
    path: Path

    @property
    def duration_s(self) -> float:
        with av.open(str(self.path)) as container:
            return float(container.duration or 0) / av.time_base


@dataclass(frozen=True)
class _Hit:
    """What became of one copy."""

    found: bool
    kept: bool  # a clip of it, and one of the original
    leaks: bool  # kept, and not found by the kept clips alone


def run(*, quick: bool = False) -> None:
    """Measure, print the table and write build/bench/duplicates.json. quick: two talkers and three copies."""
    kinds = dict(list(COPIES.items())[:6:2] if quick else COPIES.items())
    sources = list(_sources(quick))
    prints = {(source.name, kind): one for source in sources for kind, one in _prints(source, kinds)}
    rows = [*_found(sources, kinds, prints), _kept_apart(sources, prints), _frame_cost()]
    report("duplicates", [*rows, _match_cost(_CLIPS // (10 if quick else 1))])


def _sources(quick: bool) -> Iterator[Source]:
    seeds = HELD_OUT_SEEDS[:2] if quick else HELD_OUT_SEEDS
    for seed in seeds:
        shots, seconds = (2, 14) if seed % 2 else (1, 8)
        path = talker(BENCH_FOLDER / "media", seconds=seconds, shots=shots, seed=seed, size_px=SMALL_PX)
        yield Source(f"talker {seed}", "rendered", path)
    media = os.environ.get("EMO2_MEDIA")
    for path in sorted(Path(media, "talk").glob("*.mp4")) if media and not quick else ():
        yield Source(path.stem, "real", path)


def _prints(source: Source, kinds: Mapping[str, object]) -> Iterator[tuple[str, Print]]:
    yield _ORIGINAL, fingerprints(source.path)
    for kind in kinds:
        with copied(source.path, COPIES[kind], source.duration_s) as copy:
            yield kind, fingerprints(copy)


def _found(
    sources: Sequence[Source], kinds: Mapping[str, object], prints: Mapping[tuple[str, str], Print]
) -> Iterator[Row]:
    """Recall of each kind of copy, of rendered and of real recordings; held only for rendered ones.

    Clips that are not kept count too, since half of a small picture is too small for the filters; how many copies
    are kept and missed, which is what would leak, stands beside it.
    """
    for of in sorted({source.kind for source in sources}, reverse=True):
        each = {kind: _hits([one for one in sources if one.kind == of], kind, prints) for kind in kinds}
        for kind, hits in each.items():
            yield _recall(f"{of}: {kind}", hits, held=of == "rendered")
        yield _recall(f"{of}: all copies", list(chain(*each.values())), held=of == "rendered")


def _hits(sources: Sequence[Source], kind: str, prints: Mapping[tuple[str, str], Print]) -> list[_Hit]:
    pairs = [(prints[one.name, _ORIGINAL], prints[one.name, kind]) for one in sources]
    return [
        _Hit(
            found=bool(near_duplicates({"one": one.all, "other": other.all})),
            kept=bool(one.kept and other.kept),
            leaks=bool(one.kept and other.kept and not near_duplicates({"a": one.kept, "b": other.kept})),
        )
        for one, other in pairs
        if one.all and other.all
    ]


def _recall(measure: str, hits: Sequence[_Hit], *, held: bool) -> Row:
    parts = {
        "copies": len(hits),
        "missed": sum(not hit.found for hit in hits),
        "kept": sum(hit.kept for hit in hits),
        "kept and missed": sum(hit.leaks for hit in hits),
    }
    recall = sum(hit.found for hit in hits) / len(hits) if hits else None
    if not held or recall is None:
        return Row(measure, recall, "recall", parts=parts)
    return held_row(measure, recall, "recall", RECALL, better="higher", parts=parts)


def _kept_apart(sources: Sequence[Source], prints: Mapping[tuple[str, str], Print]) -> Row:
    """Pairs of different recordings that are joined, all videos compared at once, clips that are not kept too."""
    names = {f"{name}/{kind}": name for name, kind in prints}
    pairs = near_duplicates({f"{name}/{kind}": one.all for (name, kind), one in prints.items()})
    joined = sum(names[one] != names[other] for one, other in pairs)
    originals = [prints[source.name, _ORIGINAL].all for source in sources]
    points = [
        agreement(first, second)
        for one, other in combinations(originals, 2)
        for first in one
        for second in other
    ]
    parts = {
        "videos": len(prints),
        "joined rightly": len(pairs) - joined,
        "most points": max(points, default=0),
    }
    return held_row("different recordings joined", joined, "pairs", 0, better="lower", parts=parts)


def _frame_cost() -> Row:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (MAX_CLIP_FRAMES, 704, 512, 3), np.uint8)
    annotator, clip = FingerprintAnnotator(), Clip("noise", frames)
    annotator.annotate([Clip("first", frames[:32])])
    begin_s = time.process_time()
    annotator.annotate([clip])
    each_ms = 1e3 * (time.process_time() - begin_s) / MAX_CLIP_FRAMES
    return held_row("CPU a clip frame", each_ms, "ms", FRAME_MS, better="lower")


def _match_cost(clips: int) -> Row:
    """CPU time and memory of comparing that many clips of 12 s that have nothing to do with one another."""
    rng = np.random.default_rng(0)
    videos = {
        f"{number:06d}": list(smooth_hashes(rng, _CLIPS_A_VIDEO)) for number in range(clips // _CLIPS_A_VIDEO)
    }
    near_duplicates(dict(list(videos.items())[:2]))  # compiles
    begin_s = time.process_time()
    pairs = near_duplicates(videos)
    took_s = time.process_time() - begin_s
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    parts = {"clips": clips, "joined": len(pairs), "peak of the process (MiB)": round(peak_mib)}
    return held_row("comparing all clips", took_s, "CPU s", MATCH_S, better="lower", parts=parts)


def smooth_hashes(rng: np.random.Generator, clips: int) -> np.ndarray:
    """(clips, 37) uint64: fingerprints of motion at random, as smooth as what the annotator finds."""
    params, frames = FingerprintParams(), MAX_CLIP_FRAMES // FRAMES_A_HASH * FRAMES_A_HASH
    signals = rng.normal(size=(clips, frames, SIGNS_A_FRAME))
    quick, slow = (
        gaussian_filter1d(signals, sigma, axis=1) for sigma in (params.short_frames, params.long_frames)
    )
    signs = (quick > slow).reshape(-1, SIGNS_A_FRAME)
    return packed(signs, np.ones(len(signs), bool)).reshape(clips, -1)
