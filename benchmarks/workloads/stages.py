"""Ingests one video in one process under a profiler and tells where its CPU went: `stages VIDEO LAKE`.

Without Prefect, Ray and the guard's pipe, so that one profiler sees everything; their cost is what the whole
command takes beyond the sum of these.
"""

import cProfile
import importlib
import json
import pstats
import sys
import time
from pathlib import Path
from typing import Any, cast

from benchmarks.workloads.one_video import ingest_one
from datasets.media.guard import Guard, Reply
from flows.ingest_config import AnnotatorName, IngestConfig

# Stage -> the functions that it is, as (end of the file's name, function); none of them calls another.
STAGES = {
    "load models": (("flows/stages.py", "_framer"), ("flows/stages.py", "_annotators")),
    "identify": (("flows/work.py", "identify"),),
    "cut": (("flows/stages.py", "_cut"),),
    "frame": (("framing/framer.py", "frame"),),
    "decode and crop": (("media/resample.py", "_read_span"),),
    "encode": (("media/encode.py", "encode_h264"),),
    "to RGB": (("media/picture.py", "i420_to_rgb"),),
    "decode the clip": (("media/clip_reader.py", "read_clip"),),
    "body": (("annotators/body.py", "annotate"),),
    "hands: detect": (("hands/detect.py", "detect"),),
    "hands: sides": (("hands/sides.py", "assign_sides"),),
    "hands: clarity": (("hands/annotator.py", "follow"),),
    "hands: solve": (("hands/annotator.py", "_poses"),),
    "motion": (("annotators/motion.py", "annotate"),),
    "sound": (
        ("media/audio.py", "read_audio"),
        ("media/audio.py", "encode_flac"),
        ("media/audio.py", "speech_track"),
    ),
    "stills": (("media/encode.py", "encode_jpeg"),),
    "write": (("datasets/lake.py", "write_fragments"), ("datasets/lake.py", "clip_ids")),
}


class InThisProcess:
    """Stands in for a Guard: the same calls, here."""

    def call(self, function: str, request: dict[str, Any], *, deadline_s: float | None = None) -> Reply:
        module, name = function.split(":")
        returned = getattr(importlib.import_module(module), name)(json.loads(json.dumps(request)))
        return Reply(*returned) if isinstance(returned, tuple) else Reply(returned)


def profiled(video: Path, lake: str) -> dict[str, Any]:
    """Frames kept, and CPU seconds by stage; "rest" is all that is in none of them."""
    profiler = cProfile.Profile(timer=time.process_time, builtins=False)
    slots: tuple[AnnotatorName, ...] = ("body", "hands", "motion", "fingerprint")
    config = IngestConfig(source=str(video), lake=lake, annotators=slots)
    counts = profiler.runcall(ingest_one, video, cast(Guard, InThisProcess()), config)
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    seconds = {stage: _cumulative(stats, functions) for stage, functions in STAGES.items()}
    total_s = max(cumulative for *_, cumulative, _ in stats.values())
    return counts | {"seconds": seconds | {"rest": total_s - sum(seconds.values())}, "total_s": total_s}


def _cumulative(stats: dict[Any, Any], functions: tuple[tuple[str, str], ...]) -> float:
    return sum(
        values[3]
        for (file, _, name), values in stats.items()
        if any(file.endswith(f"/{end}") and name == function for end, function in functions)
    )


if __name__ == "__main__":
    print(json.dumps(profiled(Path(sys.argv[1]), sys.argv[2])))
