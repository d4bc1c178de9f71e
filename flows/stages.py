"""The two stages of an ingest that touch untrusted media; called by name in a guarded child process.

Requests and replies are JSON and Arrow, so nothing read from a video is ever unpickled by the parent.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from annotators.annotator import Annotator, Clip
from annotators.columns import one_value
from annotators.framing import FacePoint, Framer, Framing, Thresholds, judge
from annotators.registry import make_annotators
from annotators.scenes import LONG_SIDE_PX, SceneCutter, Shot, Span, split_shots
from datasets import identity
from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX, MAX_CLIP_FRAMES, CropBox
from datasets.media.audio import encode_flac, read_audio, speech_track
from datasets.media.decode import VideoReader, i420_to_rgb
from datasets.media.encode import encode_h264, encode_jpeg
from datasets.media.errors import MediaError
from datasets.media.probe import probe
from datasets.media.resample import ClipSpan, clip_memory, read_spans
from datasets.reasons import Reason
from datasets.sources.video import SourceSpan
from flows.clip_plan import ClipPlan
from flows.ingest_config import HandOptions
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
    run_id: str
    split: str


def survey(request: dict[str, Any]) -> tuple[dict[str, Any], pa.Table]:
    """Cut one video into planned clips, framed on the speaker and judged.

    Decodes the file once, at a small size. Replies with the video's facts, the plans in order, and a table
    (clip_id, reference) of JPEGs for the plans that are not kept, since nobody will decode those again.
    """
    job = SurveyRequest.model_validate(request)
    stills = SampleStore(job.scratch)
    with VideoReader(job.path, loop_filter=False) as reader:
        windows = job.spans or (None,)
        tally = _Tally()
        cut = [(window, _cut(reader, window, stills, tally)) for window in windows]
        facts = asdict(reader.facts)
    if not tally.frames:
        raise MediaError(Reason.NO_FRAMES, "no frame could be decoded")
    plans, pictures = [], {}
    for window, (shots, times_s) in cut:
        for span in split_shots(shots, times_s):
            plan, picture = _plan(job, window, span, stills, facts)
            plans.append(plan)
            if plan.reason and picture is not None:
                pictures[plan.clip_id] = encode_jpeg(picture)
    values = {
        "facts": facts,
        "n_frames": tally.frames,
        "duration_s": tally.end_s,
        "plans": [plan.model_dump(mode="json") for plan in plans],
    }
    return values, media_table({key: {"reference": jpeg} for key, jpeg in pictures.items()})


def make_clips(request: dict[str, Any]) -> tuple[dict[str, Any], pa.Table]:
    """Encode and annotate clips of one video, each span decoded once.

    Replies with a table of `clips` columns and, beside them, those of `clip_media`; a span that cannot be read
    or written becomes a row with a reason.
    """
    job = ClipsRequest.model_validate(request)
    first_picture_s = probe(job.path).first_picture_s
    pictures = read_spans(job.path, _spans(job.plans), buffer=_i420_buffer())
    done = [
        _make_clip(job, plan, frames, first_picture_s)
        for plan, frames in zip(job.plans, pictures, strict=True)
    ]
    plans, labels, media = zip(*done, strict=True)
    rows = clip_table(plans, labels, run_id=job.run_id, split=job.split)
    return {}, merge_media(rows, media_table(dict(zip(rows["clip_id"].to_pylist(), media, strict=True))))


class _Tally:
    """Frames decoded in this video, and when the last of them ends."""

    def __init__(self) -> None:
        self.frames = 0
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
    return cutter.finish(end_s), cutter.times_s


def _plan(
    job: SurveyRequest, window: SourceSpan | None, span: Span, stills: SampleStore, facts: dict[str, Any]
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
    face = _face_point(window)
    framing = _framer().frame(samples, facts["width_px"], facts["height_px"], face)
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


def _make_clip(
    job: ClipsRequest, plan: ClipPlan, frames: np.ndarray | MediaError, first_picture_s: float
) -> tuple[ClipPlan, Labels, dict[str, Any]]:
    """The clip's final plan, its labels and its media."""
    if isinstance(frames, MediaError):
        return plan.rejected(frames.reason, frames.detail), {}, {}
    try:
        mp4 = encode_h264(frames)
    except MediaError as error:
        return plan.rejected(error.reason, error.detail), {}, {}
    duration_s = plan.n_frames / CLIP_RATE_HZ
    audio = read_audio(job.path, plan.start_s, duration_s, first_picture_s=first_picture_s)
    media = {
        "mp4": mp4,
        "audio": encode_flac(audio) if audio is not None else None,
        "reference": encode_jpeg(i420_to_rgb(frames[len(frames) // 2 :][:1])[0]),
        "n_frames": len(frames),
        "encode_hash": hashlib.sha256(mp4).hexdigest(),
    }
    labels = _annotate(job, plan, frames, audio) if job.annotators else {}
    return plan, labels, media


def _annotate(job: ClipsRequest, plan: ClipPlan, frames: np.ndarray, audio: np.ndarray | None) -> Labels:
    """Every slot's columns and provenance for one clip."""
    clip = Clip(plan.clip_id, i420_to_rgb(frames, buffer=_rgb_buffer()), audio, {})
    labels: dict[str, pa.Array] = {}
    for annotator in _annotators(job.annotators, job.hands):
        row = annotator.annotate([clip])
        labels |= dict(zip(row.schema.names, row.columns, strict=True))
        labels |= _provenance(annotator, job.run_id)
        values = {name: one_value(column) for name, column in labels.items()}
        clip = Clip(clip.clip_id, clip.frames, clip.audio, values)
    return labels


def _provenance(annotator: Annotator, run_id: str) -> Labels:
    source = {
        "name": annotator.name,
        "version": annotator.version,
        "params_hash": identity.params_hash(annotator.params),
        "run_id": run_id,
        "at": datetime.now(UTC),
    }
    return {f"{annotator.name}_src": pa.array([source]), f"{annotator.name}_rev": pa.array([1], pa.int32())}


@cache
def _i420_buffer() -> np.ndarray:
    """One clip's pictures as decoded; shared by all clips of a process, one after the other."""
    return clip_memory(MAX_CLIP_FRAMES)


@cache
def _rgb_buffer() -> np.ndarray:
    """One clip's pictures as annotators see them."""
    return np.empty((MAX_CLIP_FRAMES, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)


@cache
def _annotators(names: Sequence[str], hands: HandOptions) -> tuple[Annotator, ...]:
    return make_annotators(names, hands=hands.params, calibration=hands.calibration)


@cache
def _framer() -> Framer:
    return Framer()


@cache
def _cutter_id() -> str:
    cutter = SceneCutter()
    return f"{cutter.name}/{cutter.version}/{identity.params_hash(cutter.params)}"
