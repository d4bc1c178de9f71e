"""How much sound an hour of one core labels, part by part, beside whisperX alone on the same sounds.

Run as `python -m benchmarks speech`. Needs the speech environment and the recordings named by EMO2_MEDIA; where one
is missing the table says so.
"""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotators.annotator import Annotator, Clip
from benchmarks.results import BENCH_FOLDER, Row, held_row, report
from benchmarks.speech.sounds import Sounds, write_sounds
from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ
from datasets.talker.clips import talker_clip
from flows.environments import Environment, find_environment, missing_environment

MAX_OVERHEAD_PERCENT = 10.0
_FACE_S = 4.0
_UNIT = "audio-hours per core-hour"
_PARTS = {
    "voice": "voice activity",
    "recognition": "recognition",
    "alignment": "alignment",
    "diarisation": "diarisation",
}


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    clips: int = 5
    clip_rounds: int = 3
    long_s: float = 90.0
    long_rounds: int = 2
    path_rounds: int = 5
    ten_minutes: bool = True


FULL, QUICK = (
    Sizes(),
    Sizes(clips=2, clip_rounds=1, long_s=30.0, long_rounds=1, path_rounds=3, ten_minutes=False),
)


def run(*, quick: bool = False, folder: Path = BENCH_FOLDER) -> None:
    """Measure, print a table, and write build/bench/speech.json; about 10 minutes."""
    report("speech", list(rows(QUICK if quick else FULL, folder / "speech")), folder=folder)


def rows(sizes: Sizes, work: Path) -> Iterator[Row]:
    """One row a figure; a single one that says what is missing where nothing can be measured."""
    environment = find_environment("speech")
    recordings = Path(os.environ.get("EMO2_MEDIA", ""), "speech")
    if environment is None:
        yield Row("speech", None, _UNIT, parts={"missing": missing_environment("speech")})
        return
    if not os.environ.get("EMO2_MEDIA") or not recordings.is_dir():
        yield Row("speech", None, _UNIT, parts={"missing": "EMO2_MEDIA names no folder with speech/ in it"})
        return
    sounds = write_sounds(recordings, work, clips=sizes.clips, long_s=sizes.long_s)
    models = _run(environment, "benchmarks.speech.models", [str((work / "models").resolve())], "")
    paths = {kind: model["path"] for kind, model in models.items()}
    yield Row("models", None, "", parts={kind: model["what"] for kind, model in models.items()})
    yield from _compared(environment, "clips of 12 s", sounds.clips, paths, sizes.clip_rounds)
    spoken = paths | {"diarisation": None}  # it takes longer than the rest together, and is in the row above
    yield from _compared(environment, "a long recording", [sounds.long], spoken, sizes.long_rounds)
    tiny = _run(environment, "benchmarks.speech.models", [str((work / "tiny").resolve()), "tiny"], "")
    light = {kind: model["path"] for kind, model in tiny.items()} | {"diarisation": None}
    timed = _timed(environment, sounds.clips, light, sizes.path_rounds)
    ours, alone = ([each["whole_s"] for each in timed if each["who"] == who] for who in ("ours", "alone"))
    yield _overhead("more than whisperX alone, tiny models, clips of 12 s", ours, alone)
    if sizes.ten_minutes:
        yield _ten_minutes(environment, sounds, light, work)
    yield from _others(sounds)


def _timed(
    environment: Environment,
    sounds: Sequence[Path],
    models: Mapping[str, Any],
    rounds: int,
    *,
    alone: bool = True,
) -> list[dict[str, Any]]:
    """What benchmarks/speech/measure.py times."""
    paths = [str(path.resolve()) for path in sounds]
    order = {"sounds": paths, "models": dict(models), "repeats": rounds, "alone": alone}
    return _run(environment, "benchmarks.speech.measure", [], json.dumps(order))


def _compared(
    environment: Environment, what: str, sounds: Sequence[Path], models: Mapping[str, Any], rounds: int
) -> Iterator[Row]:
    """Each part of ours with whisperX alone beside it, then the whole, then what ours costs more."""
    timed = _timed(environment, sounds, models, rounds)
    ours, alone = ([each for each in timed if each["who"] == who] for who in ("ours", "alone"))
    audio_s = ours[0]["audio_s"]
    facts = {"audio_s": audio_s, "rounds": rounds}
    for part, name in _PARTS.items():
        if part in ours[0]["parts_s"] and models.get(part, "vad"):
            speed = _speed(audio_s, [each["parts_s"][part] for each in ours])
            beside = _speed(audio_s, [each["parts_s"][part] for each in alone])
            yield Row(f"{name}, {what}", speed, _UNIT, parts={"whisperX alone": beside, **facts})
    whole, whole_alone = ([each["whole_s"] for each in those] for those in (ours, alone))
    beside = _speed(audio_s, whole_alone)
    yield Row(f"all of it, {what}", _speed(audio_s, whole), _UNIT, parts={"whisperX alone": beside, **facts})
    yield _overhead(f"more than whisperX alone, {what}", whole, whole_alone)
    if models.get("diarisation"):
        without = [
            [each["whole_s"] - each["parts_s"]["diarisation"] for each in those] for those in (ours, alone)
        ]
        yield _overhead(f"more than whisperX alone but for diarisation, {what}", *without)


def _overhead(measure: str, ours: Sequence[float], alone: Sequence[float]) -> Row:
    """The median of what neighbouring rounds say, since the machine may be another from minute to minute."""
    percent = [100.0 * (mine / theirs - 1.0) for mine, theirs in zip(ours, alone, strict=True)]
    spread = {"least": min(percent), "most": max(percent)}
    return held_row(
        measure, statistics.median(percent), "%", MAX_OVERHEAD_PERCENT, better="lower", parts=spread
    )


def _ten_minutes(environment: Environment, sounds: Sounds, models: Mapping[str, Any], work: Path) -> Row:
    """A recording of ten minutes in one piece, with small models: that it goes through, and how fast."""
    path = work / "ten-minutes.npy"
    np.save(path, np.resize(np.load(sounds.long), 600 * AUDIO_RATE_HZ))
    (timed,) = _timed(environment, [path], models, 1, alone=False)
    speed = timed["audio_s"] / timed["whole_s"]
    return Row("ten minutes in one piece, tiny models, no diarisation", speed, _UNIT, parts=timed["parts_s"])


def _others(sounds: Sounds) -> Iterator[Row]:
    """The annotators beside speech, which run in the main environment: audio on the same clips, face on a talker."""
    from annotators.audio import AudioAnnotator
    from annotators.face import FaceAnnotator

    clips = [_clip(np.load(path)) for path in sounds.clips]
    yield _annotated("audio annotator, clips of 12 s", AudioAnnotator(), clips)
    talker = talker_clip(0, seconds=_FACE_S)
    silent = np.zeros(round(_FACE_S * AUDIO_RATE_HZ), np.float32)
    yield _annotated("face annotator, a rendered talker", FaceAnnotator(), [_clip(silent, talker.frames)])


def _clip(sound: np.ndarray, frames: np.ndarray | None = None) -> Clip:
    pictures = np.zeros((0, 704, 512, 3), np.uint8) if frames is None else frames
    return Clip("a", pictures, sound, stored_frames=len(sound) * CLIP_RATE_HZ // AUDIO_RATE_HZ)


def _annotated(measure: str, annotator: Annotator, clips: Sequence[Clip]) -> Row:
    annotator.annotate(clips[:1])  # for what is loaded then
    seconds = _cpu_s(lambda: annotator.annotate(clips))
    audio_s = sum(clip.n_frames for clip in clips) / CLIP_RATE_HZ
    models = {key: str(value) for key, value in annotator.params.items() if key in ("model", "syncnet")}
    return Row(measure, audio_s / seconds, _UNIT, parts={"audio_s": audio_s, **models})


def _cpu_s(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _speed(audio_s: float, seconds: Sequence[float]) -> float:
    return audio_s / statistics.median(seconds)


def _run(environment: Environment, module: str, arguments: Sequence[str], given: str) -> Any:
    """What a module prints as JSON, run in the environment with one thread."""
    env = os.environ | {"PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [str(environment.python), "-m", module, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)
