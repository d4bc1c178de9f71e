"""Mouths and sounds to compare: of rendered talkers and of real people, measured once and kept under build/bench."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.signal import resample_poly

from annotators.annotator import Clip
from annotators.audio.loudness import loudness_dbfs
from annotators.body import BodyAnnotator
from annotators.columns import one_value
from annotators.face import FaceAnnotator
from annotators.framing import Thresholds
from benchmarks.results import BENCH_FOLDER
from datasets.frame import AUDIO_RATE_HZ, CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX, MIN_CLIP_FRAMES
from datasets.identity import params_hash
from datasets.lake import ClipMedia
from datasets.media.clip_reader import read_clip
from datasets.talker.clips import talker_clip
from datasets.talker.scene import make_scene
from datasets.talker.speech import SAMPLE_RATE_HZ, speak
from flows import stages
from flows.ingest_config import HandOptions

_FOLDER: Final = BENCH_FOLDER / "active-speaker"
_SECONDS: Final = (4, 6, 8, 10, 12, 5, 7, 9)  # of a talker, by its seed
_WITHOUT_HANDS: Final = Thresholds(min_hand_visibility=0.0)  # here a head that talks is as good
_NARRATED: Final = "interviews"  # a film whose voice is mostly not of whoever is seen


@dataclass(frozen=True, eq=False)
class Spoken:
    """One clip of somebody who speaks, T frames."""

    name: str
    recording: str  # clips of one recording share a voice
    mouth: np.ndarray  # (T, 2) the column face_mouth
    loudness: np.ndarray  # (T,) dBFS

    @property
    def n_frames(self) -> int:
        return len(self.loudness)


class Measurer:
    """Runs the annotators whose columns the speaker annotator reads; one body and one face model for all clips."""

    def __init__(self) -> None:
        self._body, self._face = BodyAnnotator(), FaceAnnotator()
        kinds = (self._body, self._face)
        self._stamp = params_hash({kind.name: [kind.version, kind.params] for kind in kinds})

    def talkers(self, seeds: Iterable[int]) -> list[Spoken]:
        """Rendered talkers of 4 to 12 s, whose mouths are driven by their voice."""
        return [self._kept(f"talker-{seed}", lambda seed=seed: [self._talker(seed)])[0] for seed in seeds]

    def media(self, folder: Path) -> list[Spoken]:
        """Every clip with a speaker that an ingest would make of the folder's videos, hands or no hands."""
        paths = sorted(path for path in folder.glob("*.mp4") if not path.name.startswith(_NARRATED))
        return [clip for path in paths for clip in self._kept(path.stem, lambda path=path: self._cut(path))]

    def _kept(self, name: str, measure: Any) -> list[Spoken]:
        """What was measured before under the same parameters, else now."""
        path = _FOLDER / f"{name}-{self._stamp}.npz"
        if not path.exists():
            _save(path, measure())
        return _load(path)

    def _talker(self, seed: int) -> Spoken:
        seconds = _SECONDS[seed % len(_SECONDS)]
        frames = talker_clip(seed, seconds=seconds).frames
        scene = make_scene(
            seconds=seconds,
            shots=1,
            seed=seed,
            width_px=CLIP_WIDTH_PX,
            height_px=CLIP_HEIGHT_PX,
            rate_hz=CLIP_RATE_HZ,
        )
        voice = np.concatenate(list(speak(scene.script.syllables, seconds)))
        sound = resample_poly(voice, 1, SAMPLE_RATE_HZ // AUDIO_RATE_HZ).astype(np.float32)
        return self._spoken(f"talker {seed}", f"talker {seed}", frames, sound)

    def _cut(self, path: Path) -> list[Spoken]:
        return [
            self._spoken(media.clip_id, path.stem, frames, sound)
            for media in _clips(path)
            for frames, sound in [read_clip(media)]
            if sound is not None
        ]

    def _spoken(self, name: str, recording: str, frames: np.ndarray, sound: np.ndarray) -> Spoken:
        body = one_value(self._body.annotate([Clip(name, frames)])["body_keypoints"])
        clip = Clip(name, frames, columns={"body_keypoints": body})
        mouth = one_value(self._face.annotate([clip])["face_mouth"])
        return Spoken(name, recording, np.asarray(mouth, float), loudness_dbfs(sound, len(frames)))


def _clips(path: Path) -> Iterator[ClipMedia]:
    """Cut, framed and encoded by the stages of an ingest."""
    with tempfile.TemporaryDirectory(prefix="emo2-speakers-") as scratch:
        job = {"path": path, "video_id": path.stem, "scratch": Path(scratch), "thresholds": _WITHOUT_HANDS}
        surveyed, _ = stages.survey(job)
    plans = [plan for plan in surveyed["plans"] if not plan["reason"] and plan["n_frames"] >= MIN_CLIP_FRAMES]
    if not plans:
        return
    job = {"path": path, "plans": plans, "annotators": (), "hands": HandOptions()}
    _, rows = stages.make_clips(job | {"run_id": "benchmark", "split": "train"})
    names = ("clip_id", "mp4", "audio", "reference", "n_frames")
    for row in rows.select(names).to_pylist():
        yield ClipMedia(**row)


def _save(path: Path, clips: list[Spoken]) -> None:
    arrays: dict[str, Any] = {"names": np.array([[clip.name, clip.recording] for clip in clips], str)}
    for number, clip in enumerate(clips):
        arrays |= {f"mouth{number}": clip.mouth, f"loudness{number}": clip.loudness}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"partial-{path.name}")
    np.savez(partial, **arrays)
    partial.replace(path)


def _load(path: Path) -> list[Spoken]:
    with np.load(path) as arrays:
        return [
            Spoken(str(name), str(recording), arrays[f"mouth{number}"], arrays[f"loudness{number}"])
            for number, (name, recording) in enumerate(arrays["names"].reshape(-1, 2))
        ]
