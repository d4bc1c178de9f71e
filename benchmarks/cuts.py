"""How well shots are found: ours and each of PySceneDetect's detectors, on the same files in the same run.

Run as `python -m benchmarks.cuts`. Videos are spliced from a seed under build/bench/cuts. With EMO2_MEDIA set
to the folder of test media they are of real people; without, of rendered rooms only.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scenedetect import SceneManager, open_video
from scenedetect.detector import SceneDetector
from scenedetect.detectors import (
    AdaptiveDetector,
    ContentDetector,
    HashDetector,
    HistogramDetector,
    ThresholdDetector,
)

from annotators.scenes import LONG_SIDE_PX, SceneCutter
from benchmarks.cut_films import labelled_films
from benchmarks.cut_sources import one_room_sources, rendered_sources, talk_sources
from benchmarks.cut_videos import (
    CutVideo,
    Recipe,
    Transition,
    captioned,
    dark,
    dissolve,
    flashes,
    flat,
    hard,
    near_hand,
    splice,
    through,
)
from benchmarks.results import BENCH_FOLDER, Row, held_row, report
from datasets.media.decode import VideoReader

TOLERANCE_FRAMES = 1
OURS = "ours"

_SINGLE: dict[str, Callable[[], SceneDetector]] = {
    "adaptive": AdaptiveDetector,
    "content": ContentDetector,
    "threshold": ThresholdDetector,
    "hash": HashDetector,
    "histogram": HistogramDetector,
}
# SceneManager's cuts with two detectors are the union of the cuts of each.
_PAIRS = (("adaptive", "threshold"), ("content", "threshold"))

_RECIPES = (
    Recipe("hard cuts", 14, (55, 110), hard),
    Recipe("short shots", 16, (50, 52), hard),
    Recipe("fades through black", 10, (60, 90), through(0)),
    Recipe("fades through white", 10, (60, 90), through(255)),
    Recipe("flashes", 8, (60, 80), hard, flashes),
    Recipe("near hands", 10, (60, 80), hard, near_hand),
    Recipe("captions", 8, (60, 80), hard, captioned),
    Recipe("dark", 12, (50, 80), hard, dark),
    Recipe("low contrast", 12, (50, 80), hard, flat),
    Recipe("variable rate", 12, (60, 90), hard, drop=0.3),
)
_ONE_ROOM = Recipe("one room", 16, (40, 60), hard)
_DISSOLVES = Recipe(
    "dissolves", 10, (60, 90), dissolve
)  # reported apart: no detector of PySceneDetect aims at them


@dataclass(frozen=True)
class Score:
    """Transitions found, missed, and cuts that are none."""

    hits: int
    misses: int
    false: int

    def __add__(self, other: "Score") -> "Score":
        return Score(self.hits + other.hits, self.misses + other.misses, self.false + other.false)

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.hits + self.misses + self.false
        return 2 * self.hits / total if total else 1.0


def score(
    cuts: Iterable[int], transitions: Sequence[Transition], tolerance_frames: int = TOLERANCE_FRAMES
) -> Score:
    """A transition counts once; a second cut within one already found is held against nobody."""
    at = np.array(sorted(cuts), dtype=int).reshape(-1, 1)
    first = np.array([one.first_frame - tolerance_frames for one in transitions], dtype=int)
    last = np.array([one.last_frame + tolerance_frames for one in transitions], dtype=int)
    found = (first <= at) & (at <= last)  # (cuts, transitions)
    hits = int(found.any(axis=0).sum())
    return Score(hits, len(transitions) - hits, int((~found.any(axis=1)).sum()))


def our_cuts(video: CutVideo) -> tuple[set[int], float]:
    """First frames of our shots but the first, and the CPU seconds that the cutter itself took."""
    cutter, cutting_s = SceneCutter(), 0.0
    with VideoReader(video.path) as reader:
        for frame in reader.frames():
            small = frame.small_bgr(LONG_SIDE_PX)
            began_s = time.thread_time()
            cutter.add(frame.time_s, small)
            cutting_s += time.thread_time() - began_s
    return {shot.start_frame for shot in cutter.finish(cutter.times_s[-1])[1:]}, cutting_s


def rival_cuts(video: CutVideo, detector: SceneDetector) -> set[int]:
    """Frames at which PySceneDetect's own pipeline cuts, counted as decoded."""
    stream, manager = open_video(str(video.path), backend="pyav"), SceneManager()
    manager.add_detector(detector)
    manager.detect_scenes(stream)
    scenes = manager.get_scene_list(start_in_scene=True)
    starts_s = [start.seconds - scenes[0][0].seconds for start, _ in scenes]
    return {int(np.abs(np.subtract(video.times_s, start_s)).argmin()) for start_s in starts_s[1:]}


def all_scores(video: CutVideo) -> tuple[dict[str, Score], float]:
    """Scores by method, ours first, and the CPU seconds our cutter took."""
    ours, cutting_s = our_cuts(video)
    found = {name: rival_cuts(video, make()) for name, make in _SINGLE.items()}
    pairs = {"+".join(pair): found[pair[0]] | found[pair[1]] for pair in _PAIRS}
    cuts = {OURS: ours, **found, **pairs}
    return {name: score(cut, video.transitions) for name, cut in cuts.items()}, cutting_s


def make_videos(media: Path | None, folder: Path, seed: int = 0) -> list[CutVideo]:
    """The spliced videos, hard cuts of rendered rooms first."""
    rng = np.random.default_rng(seed)
    rendered = rendered_sources(rng, 14)
    videos = [splice(Recipe("rendered", 14, (50, 100), hard), rendered, folder, rng)]
    sources = talk_sources(media) if media else rendered
    videos += [splice(recipe, sources, folder, rng) for recipe in (*_RECIPES, _DISSOLVES)]
    return videos + ([splice(_ONE_ROOM, one_room_sources(media), folder, rng)] if media else [])


def row_of(category: str, scores: Mapping[str, Score], *, held: bool) -> Row:
    """Our F1 with every rival's beside it; held against the best of them where `held`."""
    rivals = {name: round(one.f1, 4) for name, one in scores.items() if name != OURS}
    ours = scores[OURS]
    parts = {"precision": round(ours.precision, 4), "recall": round(ours.recall, 4), **rivals}
    measure, value = f"F1 at +-{TOLERANCE_FRAMES} frame, {category}", round(ours.f1, 4)
    if not held:
        return Row(measure, value, "", parts=parts)
    return held_row(measure, value, "", max(rivals.values()), better="higher", parts=parts)


def summed(scores: Iterable[Mapping[str, Score]]) -> dict[str, Score]:
    """Scores of several videos added up by method."""
    total: dict[str, Score] = {}
    for one in scores:
        total = {name: total.get(name, Score(0, 0, 0)) + part for name, part in one.items()}
    return total


def details(scores: Mapping[str, Mapping[str, Score]]) -> Table:
    """Precision, recall and F1 of every method on every category."""
    names = list(next(iter(scores.values())))
    table = Table("category", *names, title="precision / recall / F1")
    for category, by_method in scores.items():
        table.add_row(category, *(f"{s.precision:.2f} {s.recall:.2f} {s.f1:.3f}" for s in by_method.values()))
    return table


def rows_of(scores: Mapping[str, Mapping[str, Score]], apart: set[str], cutter_ms: float) -> list[Row]:
    """The benchmark's rows: the sum, every category, hard cuts alone, and what the cutter costs."""
    total = summed(one for category, one in scores.items() if category not in apart)
    hard_only = [one for name, one in scores.items() if name not in apart and "fades" not in name]
    found = summed(hard_only)[OURS].recall
    return [
        row_of("all hard cuts and fades", total, held=True),
        *(row_of(category, one, held=category not in apart) for category, one in scores.items()),
        held_row("hard cuts found within one frame", found, "", 1.0, better="higher"),
        held_row("cutter", cutter_ms, "CPU-ms/frame", 0.25, better="lower"),
    ]


def main() -> None:
    """Make the videos, run every method on them, print the tables and write build/bench/cuts.json."""
    cv2.setNumThreads(1)
    console, media = Console(width=180), os.environ.get("EMO2_MEDIA")
    if not media:
        console.print("EMO2_MEDIA is not set: rendered videos only.")
    videos = make_videos(Path(media) if media else None, BENCH_FOLDER / "cuts")
    films = labelled_films(Path(media)) if media else []
    scores, cutting_s = {}, 0.0
    for video in track([*videos, *films], "finding cuts", console=console):
        scores[video.category], took_s = all_scores(video)
        cutting_s += took_s
    n_frames = sum(len(video.times_s) for video in (*videos, *films))
    apart = {_DISSOLVES.category, *(film.category for film in films)}
    console.print(details(scores))
    report("cuts", rows_of(scores, apart, 1000 * cutting_s / n_frames), console=console)


if __name__ == "__main__":
    main()
