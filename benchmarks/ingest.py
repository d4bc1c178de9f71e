"""What an ingest costs beside the least it could cost: CPU of cutting, CPU of the whole command, peak memory.

Run as `python -m benchmarks ingest`. Every figure is a ratio of things measured in this run on the same file,
and its parts are beside it: CPU time on a shared machine varies by a third from hour to hour, ratios do not.
Start-up is told apart by running everything on a tiny video as well: costs are the slope between the two.
"""

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path

import imageio_ffmpeg

from benchmarks import media
from benchmarks.cpu import Usage, measure
from benchmarks.results import BENCH_FOLDER, Row, held_row, report
from benchmarks.workloads.bare import Share, Span
from datasets.frame import CLIP_RATE_HZ, CropBox
from datasets.lake import Lake

DECODE_TARGET = 0.65  # of ffmpeg's frames a core-second
INGEST_TARGET = 1.15  # CPU seconds of the bare loop
MEMORY_TARGET = 1.10  # peak of the long video over that of the short one

_CUTTING, _CUTTING_AND_STILLS = "cutting", "cutting with stills"
_FFMPEG, _SCENEDETECT = "ffmpeg", "scenedetect CLI"
_WORKERS = os.cpu_count() or 1
_MB = 1e6


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    seconds: float = 150  # rendered, of the video that is cut and ingested
    shots: int = 13  # clips of about 8 s on average, as the corpus has them
    repeats: int = 2  # of what was rendered
    tiny_seconds: float = 2.5
    warm_up: bool = True
    rounds: int = 3  # of cutting, every contender once in each
    profiled_seconds: float = 30
    profiled_shots: int = 3
    memory_seconds: float = 60  # of the video that is repeated
    memory_shots: int = 6
    memory_repeats: tuple[int, int] = (10, 60)


FULL = Sizes()
QUICK = Sizes(
    seconds=12,
    shots=2,
    repeats=1,
    warm_up=False,
    rounds=1,
    profiled_seconds=6,
    profiled_shots=1,
    memory_seconds=6,
    memory_shots=1,
    memory_repeats=(1, 3),
)


@dataclass(frozen=True)
class Line:
    """Cost as a straight line through two measurements: so much to start, so much a frame."""

    startup_s: float
    per_frame_s: float

    @classmethod
    def through(cls, small: tuple[int, float], large: tuple[int, float]) -> "Line":
        """Each measurement is (frames, CPU seconds)."""
        per_frame_s = (large[1] - small[1]) / (large[0] - small[0])
        return cls(small[1] - small[0] * per_frame_s, per_frame_s)


def run(*, quick: bool = False, folder: Path = BENCH_FOLDER) -> list[Row]:
    """Measure, print, write `folder`/ingest.json and return its rows.

    `quick` takes about a minute, says little, and writes ingest-quick.json instead.
    """
    sizes, name = (QUICK, "ingest-quick") if quick else (FULL, "ingest")
    rows = [
        *cutting_rows(sizes, folder),
        *ingest_rows(sizes, folder),
        memory_row(sizes, folder),
    ]
    report(name, rows, folder=folder)
    return rows


def cutting_rows(sizes: Sizes, folder: Path) -> list[Row]:
    """Frames a core-second of our cutting over those of ffmpeg's decoding and of the scenedetect CLI."""
    video = _video(sizes, folder)
    tiny = media.talker(folder, seconds=sizes.tiny_seconds, shots=1)
    frames = round(sizes.seconds * sizes.repeats * CLIP_RATE_HZ), round(sizes.tiny_seconds * CLIP_RATE_HZ)
    rounds = [_cutting_round(video, tiny, *frames) for _ in range(sizes.rounds)]
    speeds = {name: statistics.median(1 / one[name].per_frame_s for one in rounds) for name in rounds[0]}
    startups = {name: statistics.median(one[name].startup_s for one in rounds) for name in rounds[0]}

    def ratio(ours: str, theirs: str) -> float:
        return statistics.median(one[theirs].per_frame_s / one[ours].per_frame_s for one in rounds)

    def parts(*names: str) -> dict[str, float]:
        fast = {f"{name} frames/core-s": speeds[name] for name in names}
        return fast | {f"{name} start-up CPU-s": startups[name] for name in names}

    def beside(ours: str, theirs: str) -> Row:
        return Row(f"{ours} / {theirs}", ratio(ours, theirs), "ratio", parts=parts(ours, theirs))

    measured = {"frames": frames[0], "rounds": sizes.rounds, **parts(_CUTTING, _FFMPEG)}
    decoding = ratio(_CUTTING, _FFMPEG)
    return [
        held_row("cutting / ffmpeg", decoding, "ratio", DECODE_TARGET, better="higher", parts=measured),
        beside(_CUTTING_AND_STILLS, _FFMPEG),
        beside(_CUTTING, _SCENEDETECT),
        beside(_SCENEDETECT, _FFMPEG),
    ]


def _video(sizes: Sizes, folder: Path) -> Path:
    return media.repeated(media.talker(folder, seconds=sizes.seconds, shots=sizes.shots), sizes.repeats)


def _cutting_round(video: Path, tiny: Path, frames: int, tiny_frames: int) -> dict[str, Line]:
    with tempfile.TemporaryDirectory() as stills:
        large = {name: measure(command) for name, command in _cutters(video, stills).items()}
        small = {name: measure(command) for name, command in _cutters(tiny, stills).items()}
    return {
        name: Line.through((tiny_frames, small[name].cpu_s), (frames, large[name].cpu_s)) for name in large
    }


def _cutters(video: Path, stills: str) -> dict[str, list[str]]:
    """The contenders; none writes a result, all read the picture track alone."""
    ours = _workload("cut", str(video))
    scenedetect = [str(Path(sys.executable).with_name("scenedetect")), "-i", str(video)]
    decode = ["-nostdin", "-v", "error", "-threads", "1", "-i"]
    to_nowhere = ["-map", "0:v:0", "-f", "null", "-"]
    return {
        _FFMPEG: [imageio_ffmpeg.get_ffmpeg_exe(), *decode, str(video), *to_nowhere],
        _CUTTING: ours,
        _CUTTING_AND_STILLS: [*ours, stills],
        _SCENEDETECT: [*scenedetect, "detect-adaptive"],  # its default
    }


def ingest_rows(sizes: Sizes, folder: Path) -> list[Row]:
    """CPU of the whole command over that of the bare loop, and where our own goes."""
    video = _video(sizes, folder)
    # One video a worker, so that start-up holds as many processes and loaded models as the long run has.
    for seed in range(1, _WORKERS + 1):
        media.talker(folder / "tiny", seconds=sizes.tiny_seconds, shots=1, seed=seed)
    with tempfile.TemporaryDirectory(prefix="lakes-", dir=folder) as lakes:
        if sizes.warm_up:
            _ingest(folder / "tiny", f"{lakes}/first", folder)  # makes Prefect's database, which is kept
        small = _ingest(folder / "tiny", f"{lakes}/tiny", folder)
        large = _ingest(video, f"{lakes}/long", folder)
        small_spans, large_spans = _kept(f"{lakes}/tiny"), _kept(f"{lakes}/long")
        bare_small = _bare([Share(path, spans) for path, spans in small_spans.items()])
        bare_large = _bare(deal_out(str(video.absolute()), large_spans[str(video.absolute())]))
        stages = _stages(sizes, folder, f"{lakes}/stages")
    frames = [_count(spans.values()) for spans in (small_spans, large_spans)]
    ours = Line.through((frames[0], small.cpu_s), (frames[1], large.cpu_s))
    bare = Line.through((frames[0], bare_small.cpu_s), (frames[1], bare_large.cpu_s))
    parts = {
        "frames kept": frames[1],
        "frames of the tiny run": frames[0],
        "processes of the bare loop": bare_large.processes,
        "ingest CPU-s": large.cpu_s,
        "bare CPU-s": bare_large.cpu_s,
        "ingest start-up CPU-s": ours.startup_s,
        "bare start-up CPU-s": bare.startup_s,
        "ingest CPU-ms/frame": ours.per_frame_s * 1e3,
        "bare CPU-ms/frame": bare.per_frame_s * 1e3,
        "ratio with start-up": large.cpu_s / bare_large.cpu_s,
        "ingest wall s": large.wall_s,  # engines that wait cost CPU too, so a crowded machine raises the ratio
        "polled CPU-s": large.unwaited_s,
        "left behind": large.left_behind,
    }
    ratio = ours.per_frame_s / bare.per_frame_s
    return [
        held_row("ingest / bare loop", ratio, "ratio of CPU", INGEST_TARGET, better="lower", parts=parts),
        *stage_rows(stages, bare_large.seconds, frames[1]),
    ]


def stage_rows(stages: Mapping[str, float], bare_seconds: Mapping[str, float], bare_frames: int) -> list[Row]:
    """A row for each stage of ours, with the bare loop's cost of the same beside it."""
    alike = {"encode": "encode", "body": "body", "hands: detect": "hands"}
    decoding_s = bare_seconds["decode"] + bare_seconds["crop"]
    bare_ms = {ours: bare_seconds[bare] / bare_frames * 1e3 for ours, bare in alike.items()}
    bare_ms["decode and crop"] = decoding_s / bare_frames * 1e3
    return [
        Row(
            f"stage {stage}",
            milliseconds,
            "CPU-ms/frame kept",
            parts={"bare": bare_ms[stage]} if stage in bare_ms else {},
        )
        for stage, milliseconds in stages.items()
    ]


_SLOTS = "body,hands,motion,fingerprint"  # what the bare loop measures too, and the hashes


def _ingest(source: Path, lake: str, folder: Path) -> Usage:
    emo2 = str(Path(sys.executable).with_name("emo2"))
    state = {"PREFECT_HOME": str((folder / "prefect").absolute())}
    return measure([emo2, "ingest", str(source), "--lake", lake, "--annotators", _SLOTS], state)


def _kept(lake: str) -> dict[str, tuple[Span, ...]]:
    """The spans that became clips, by video, in order of time."""
    opened = Lake.open(lake)
    uris = {
        row["video_id"]: row["uri"]
        for row in opened.table("videos").to_table(["video_id", "uri"]).to_pylist()
    }
    columns = ["video_id", "start_s", "n_frames", "crop"]
    rows = opened.table("clips").to_table(columns, filter="keep").sort_by("start_s").to_pylist()
    spans: dict[str, tuple[Span, ...]] = {}
    for row in rows:
        span = Span(round(row["start_s"] * CLIP_RATE_HZ), row["n_frames"], CropBox(**row["crop"]))
        spans[uris[row["video_id"]]] = (*spans.get(uris[row["video_id"]], ()), span)
    if not spans:
        raise RuntimeError(f"no clip of {lake} was kept, so there is nothing to compare: see its report.html")
    return spans


@dataclass(frozen=True)
class BareRun:
    """The bare loop over some shares at once."""

    processes: int
    cpu_s: float
    seconds: Mapping[str, float]  # by stage


def _bare(shares: Sequence[Share]) -> BareRun:
    """As many bare loops at once as there are shares: work on shared cores costs more, there and here."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(shares)) as pool:
        paths = [Path(folder) / f"{index}.json" for index in range(len(shares))]
        for path, share in zip(paths, shares, strict=True):
            path.write_text(json.dumps(asdict(share)))
        commands = [_workload("bare", str(path)) for path in paths]
        runs = list(pool.map(measure, commands, repeat({"OMP_NUM_THREADS": "1"})))  # as Ray sets it
    replies = [json.loads(run.stdout) for run in runs]
    stages = replies[0]["seconds"]
    seconds = {stage: sum(reply["seconds"][stage] for reply in replies) for stage in stages}
    return BareRun(len(shares), sum(run.cpu_s for run in runs), seconds)


def deal_out(video: str, spans: Sequence[Span], workers: int = _WORKERS) -> list[Share]:
    """The spans dealt out in runs of about as many frames each, one a core."""
    shares: list[list[Span]] = [[] for _ in range(workers)]
    total, before = _count([spans]), 0
    for span in spans:
        shares[before * workers // total].append(span)
        before += span.n_frames
    return [Share(video, tuple(share)) for share in shares if share]


def _stages(sizes: Sizes, folder: Path, lake: str) -> dict[str, float]:
    """Our CPU milliseconds a kept frame by stage, models and start-up among them."""
    video = media.talker(folder, seconds=sizes.profiled_seconds, shots=sizes.profiled_shots)
    reply = json.loads(measure(_workload("stages", str(video), lake), {"OMP_NUM_THREADS": "1"}).stdout)
    return {stage: seconds / reply["frames_kept"] * 1e3 for stage, seconds in reply["seconds"].items()}


def memory_row(sizes: Sizes, folder: Path) -> Row:
    """Peak memory of a long video over that of a short one, of the larger of the two processes at work."""
    width_px, height_px = media.SMALL_PX
    source = media.talker(
        folder, seconds=sizes.memory_seconds, shots=sizes.memory_shots, size_px=media.SMALL_PX
    )
    videos = [media.repeated(source, times) for times in sizes.memory_repeats]
    with tempfile.TemporaryDirectory(prefix="lakes-", dir=folder) as lakes, ThreadPoolExecutor(2) as pool:
        commands = [_workload("memory", str(video), f"{lakes}/{index}") for index, video in enumerate(videos)]
        short, long = (json.loads(run.stdout) for run in pool.map(measure, commands))
    peaks = [max(reply["worker_bytes"], reply["guarded_bytes"]) for reply in (short, long)]
    parts: dict[str, object] = {"picture": f"{width_px}x{height_px}"}
    for times, reply in zip(sizes.memory_repeats, (short, long), strict=True):
        name = f"{times * sizes.memory_seconds / 60:g} min"
        parts |= {
            f"{name} guarded MB": reply["guarded_bytes"] / _MB,
            f"{name} worker MB": reply["worker_bytes"] / _MB,
            f"{name} clips kept": reply["clips_kept"],
        }
    return held_row(
        "peak memory, long / short video",
        peaks[1] / peaks[0],
        "ratio",
        MEMORY_TARGET,
        better="lower",
        parts=parts,
    )


def _workload(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.workloads.{name}", *arguments]


def _count(spans: Iterable[Iterable[Span]]) -> int:
    return sum(span.n_frames for some in spans for span in some)
