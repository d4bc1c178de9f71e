"""The two stages of an ingest that touch untrusted media; called by name in a guarded child process.

Requests and replies are JSON and Arrow, so nothing read from a video is ever unpickled by the parent.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from annotators.annotator import Annotator, Clip, Needs
from annotators.framing import FacePoint, Framer, Framing, Thresholds, judge
from annotators.registry import make_annotators
from annotators.scenes import LONG_SIDE_PX, SceneCutter, Shot, Span, split_shots
from annotators.settings import ModelSettings
from datasets import identity
from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX, MAX_CLIP_FRAMES, CropBox
from datasets.lake import ClipMedia
from datasets.media.audio import encode_flac, read_audio, speech_track
from datasets.media.clip_reader import read_clip, read_sound
from datasets.media.decode import VideoReader, i420_to_rgb
from datasets.media.encode import encode_h264, encode_jpeg
from datasets.media.errors import MediaError
from datasets.media.memory_cap import outside_the_cap
from datasets.media.probe import probe
from datasets.media.resample import ClipSpan, clip_memory, read_spans
from datasets.reasons import Reason
from datasets.sources.video import SourceSpan
from flows.clip_plan import ClipPlan
from flows.costs import Meter
from flows.ingest_config import HandOptions
from flows.labelling import label_clip, most_needed, without_pictures
from flows.rows import Labels, clip_table, media_table, merge_media
from flows.samples import SAMPLE_LONG_SIDE_PX, SampleStore

_STILLS_PER_CLIP = 6


class SurveyRequest(BaseModel):
    """One video to cut and frame."""

    model_config = ConfigDict(frozen=True)

    path: Path
    video_id: str
    spans: tuple[SourceSpan, ...] = ()
    thresholds: Thresholds
    scratch: Path


class ClipsRequest(BaseModel):
    """Some clips of one video to encode and annotate."""

    model_config = ConfigDict(frozen=True)

    path: Path
    plans: tuple[ClipPlan, ...]
    annotators: tuple[str, ...]
    hands: HandOptions
    models: ModelSettings = Field(default_factory=ModelSettings)
    gpus: Mapping[str, float] = Field(default_factory=dict)  # an annotator uses; the most of them is held
    run_id: str
    split: str
    style_told: str | None = None  # by the source


def survey(request: dict[str, Any]) -> tuple[dict[str, Any], pa.Table]:
    """Cut one video into planned clips, framed on the speaker and judged.

    Decodes the file once, at a small size. Replies with the video's facts, the plans in order, what it took, and a
    table (clip_id, reference) of JPEGs for the plans that are not kept, since nobody will decode those again.
    """
    job = SurveyRequest.model_validate(request)
    stills, tally, meter = SampleStore(job.scratch), _Tally(), Meter()
    with meter.stage("survey"), VideoReader(job.path, loop_filter=False) as reader:
        cut = [(window, _cut(reader, window, stills, tally)) for window in job.spans or (None,)]
        facts = asdict(reader.facts)
    meter.count("survey", tally.source_s)
    if not tally.frames:
        raise MediaError(Reason.NO_FRAMES, "no frame could be decoded")
    plans, pictures = [], {}
    for window, (shots, times_s) in cut:
        for span in split_shots(shots, times_s):
            plan, picture = _plan(job, window, span, stills, facts, meter)
            plans.append(plan)
            if plan.reason and picture is not None:
                pictures[plan.clip_id] = encode_jpeg(picture)
    values = {
        "facts": facts,
        "n_frames": tally.frames,
        "duration_s": tally.end_s,
        "plans": [plan.model_dump(mode="json") for plan in plans],
        "costs": meter.costs.as_dict(),
    }
    return values, media_table({key: {"reference": jpeg} for key, jpeg in pictures.items()})


def make_clips(request: dict[str, Any]) -> tuple[dict[str, Any], pa.Table]:
    """Encode and annotate clips of one video, each span of the source decoded once.

    Replies with what it took and a table of `clips` columns and, beside them, those of `clip_media`; a span that
    cannot be read or written becomes a row with a reason. Annotators see the clip as it is stored, so that they
    find the same again when they run on what is stored.
    """
    job, meter = ClipsRequest.model_validate(request), Meter()
    first_picture_s = probe(job.path).first_picture_s
    with meter.holding(max(job.gpus.values(), default=0.0)):
        done = [
            _make_clip(job, plan, frames, first_picture_s, meter) for plan, frames in _pictures(job, meter)
        ]
    plans, labels, media = zip(*done, strict=True)
    rows = clip_table(plans, labels, run_id=job.run_id, split=job.split, style_told=job.style_told)
    values = {"costs": meter.costs.as_dict()}
    return values, merge_media(rows, media_table(dict(zip(rows["clip_id"].to_pylist(), media, strict=True))))


class _Tally:
    """Frames decoded in this video, the seconds they cover, and when the last of them ends."""

    def __init__(self) -> None:
        self.frames = 0
        self.source_s = 0.0
        self.end_s = 0.0


def _cut(
    reader: VideoReader, window: SourceSpan | None, stills: SampleStore, tally: _Tally
) -> tuple[list[Shot], Sequence[float]]:
    """The shots of one window of the video (None: all of it) and the times of its frames."""
    cutter = SceneCutter()
    last_s, spacing_s = 0.0, 1 / CLIP_RATE_HZ
    for frame in reader.frames(*((window.start_s, window.end_s) if window else ())):
        cutter.add(frame.time_s, frame.small_bgr(LONG_SIDE_PX))
        if stills.wants(frame.time_s):
            stills.add(frame.time_s, frame.rgb(SAMPLE_LONG_SIDE_PX))
        spacing_s = frame.time_s - last_s if frame.time_s > last_s else spacing_s
        last_s = frame.time_s
        tally.frames += 1
    end_s = last_s + spacing_s
    if window:
        end_s = min(end_s, window.end_s)
    tally.end_s = max(tally.end_s, end_s)
    tally.source_s += max(0.0, end_s - (window.start_s if window else 0.0))
    return cutter.finish(end_s), cutter.times_s


def _plan(
    job: SurveyRequest,
    window: SourceSpan | None,
    span: Span,
    stills: SampleStore,
    facts: dict[str, Any],
    meter: Meter,
) -> tuple[ClipPlan, np.ndarray | None]:
    """The plan of one span and the picture that stands for it if it is not kept."""
    plan = ClipPlan(
        clip_id=identity.clip_id(job.video_id, span.start_s, span.end_s, _cutter_id()),
        video_id=job.video_id,
        start_s=span.start_s,
        end_s=span.end_s,
        start_frame=span.start_frame,
        end_frame=span.end_frame,
        n_frames=span.n_frames,
    )
    samples = stills.between(span.start_s, span.end_s, _STILLS_PER_CLIP)
    middle = samples[len(samples) // 2].rgb if samples else None
    if span.reason:
        return plan.rejected(span.reason), middle
    with meter.stage("load framer", _loads(_framer)):
        framer = _framer()
    with meter.stage("framing"):
        framing = framer.frame(samples, facts["width_px"], facts["height_px"], _face_point(window))
        duration_s = span.end_s - span.start_s
        audio = read_audio(job.path, span.start_s, duration_s, first_picture_s=facts["first_picture_s"])
        track = speech_track(audio)
    reason = judge(framing, track, job.thresholds)
    scores = {name: getattr(framing, name) for name in _SCORES}
    plan = plan.model_copy(update={**scores, "speech_track": track, "reason": reason})
    return plan, _cropped(middle, framing, facts["width_px"]) if middle is not None else None


def _face_point(window: SourceSpan | None) -> FacePoint | None:
    if window is None or window.face_x is None or window.face_y is None:
        return None
    return FacePoint(window.face_x, window.face_y)


_SCORES = ("crop", "people", "face_height_px", "hand_visibility", "sharpness", "scale")


def _cropped(still: np.ndarray, framing: Framing, display_width_px: int) -> np.ndarray:
    if framing.crop is None:
        return still
    ratio = still.shape[1] / display_width_px
    box = framing.crop
    top, left = round(box.y_px * ratio), round(box.x_px * ratio)
    return still[top : top + round(box.height_px * ratio), left : left + round(box.width_px * ratio)]


def _spans(plans: Sequence[ClipPlan]) -> list[ClipSpan]:
    return [ClipSpan(plan.start_s, plan.end_s, plan.n_frames, _crop(plan)) for plan in plans]


def _crop(plan: ClipPlan) -> CropBox:
    if plan.crop is None:
        raise ValueError(f"clip {plan.clip_id} was never framed")
    return plan.crop


def _pictures(job: ClipsRequest, meter: Meter) -> Iterator[tuple[ClipPlan, np.ndarray | MediaError]]:
    """Each plan with its pictures as I420, valid until the next is asked for, or with what spoilt them."""
    pictures = read_spans(job.path, _spans(job.plans), buffer=_i420_buffer())
    for plan in job.plans:
        with meter.stage("read", plan.n_frames):
            frames = next(pictures)
        yield plan, frames


def _make_clip(
    job: ClipsRequest,
    plan: ClipPlan,
    frames: np.ndarray | MediaError,
    first_picture_s: float,
    meter: Meter,
) -> tuple[ClipPlan, Labels, dict[str, Any]]:
    """The clip's final plan, its labels and its media."""
    if isinstance(frames, MediaError):
        return plan.rejected(frames.reason, frames.detail), {}, {}
    try:
        media = _encoded(frames, meter) | {"audio": _sound(job, plan, first_picture_s, meter)}
        labels = _annotate(job, plan.clip_id, media, meter) if job.annotators else {}
    except MediaError as error:
        return plan.rejected(error.reason, error.detail), {}, {}
    return plan, labels, media


def _encoded(frames: np.ndarray, meter: Meter) -> dict[str, Any]:
    with meter.stage("encode", len(frames)):
        mp4 = encode_h264(frames)
        return {
            "mp4": mp4,
            "reference": encode_jpeg(i420_to_rgb(frames[len(frames) // 2 :][:1])[0]),
            "n_frames": len(frames),
            "encode_hash": hashlib.sha256(mp4).hexdigest(),
        }


def _sound(job: ClipsRequest, plan: ClipPlan, first_picture_s: float, meter: Meter) -> bytes | None:
    with meter.stage("sound", plan.n_frames):
        duration_s = plan.n_frames / CLIP_RATE_HZ
        audio = read_audio(job.path, plan.start_s, duration_s, first_picture_s=first_picture_s)
        return None if audio is None else encode_flac(audio)


def _annotate(job: ClipsRequest, clip_id: str, media: dict[str, Any], meter: Meter) -> Labels:
    """Every slot's columns for one clip, from the media just made: nobody else's, and of bounded length."""
    with outside_the_cap():
        with meter.stage("load annotators", _loads(_annotators)):
            annotators = _annotators(job.annotators, job.hands, job.models)
        stored = ClipMedia(clip_id, media["mp4"], media["audio"], media["reference"], media["n_frames"])
        clip = _stored_clip(stored, most_needed(annotators), meter)
        return label_clip(clip, annotators, run_id=job.run_id, gpus=job.gpus, meter=meter)


def _stored_clip(media: ClipMedia, needs: Needs, meter: Meter) -> Clip:
    """The clip as whoever reads the lake will find it, with as much of it in memory as is needed."""
    assert media.n_frames is not None
    if needs == "pictures":
        with meter.stage("decode", media.n_frames):
            frames, audio = read_clip(media, buffer=_rgb_buffer())
        return Clip(media.clip_id, frames, audio)
    with meter.stage("decode sound", media.n_frames):
        audio = read_sound(media) if needs == "sound" else None
    return without_pictures(media.clip_id, media.n_frames, audio)


def _loads(cached: Any) -> int:
    """1 where this process is about to load what the cached function gives, else 0."""
    return int(not cached.cache_info().currsize)


@cache
def _i420_buffer() -> np.ndarray:
    """One clip's pictures as decoded; shared by all clips of a process, one after the other."""
    return clip_memory(MAX_CLIP_FRAMES)


@cache
def _rgb_buffer() -> np.ndarray:
    """One clip's pictures as annotators see them."""
    return np.empty((MAX_CLIP_FRAMES, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)


@cache
def _annotators(names: Sequence[str], hands: HandOptions, models: ModelSettings) -> tuple[Annotator, ...]:
    return make_annotators(names, hands=hands.params, calibration=hands.calibration, models=models)


@cache
def _framer() -> Framer:
    return Framer()


@cache
def _cutter_id() -> str:
    cutter = SceneCutter()
    return f"{cutter.name}/{cutter.version}/{identity.params_hash(cutter.params)}"
