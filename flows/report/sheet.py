"""The contact sheet of one clip: a few frames with the stored labels drawn over them, as data URIs."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import av
import cv2
import numpy as np

from datasets.frame import CLIP_RATE_HZ
from datasets.hand.layout import NONE
from datasets.hand.model import HandModel
from datasets.media.encode import read_frames
from flows.clip_labels import ClipLabels
from flows.report.data import KEPT, ClipRow, DrawnClip
from flows.report.measures import HandSummary, hand_summary
from flows.report.overlay import FrameMarks, disagreement_px, draw, draw_hand, frame_marks
from flows.report.sampling import spread_frames
from flows.report.soundtrack import Heard, heard, soundtrack
from flows.report.timeline import timeline

FRAME_WIDTH_PX = 208  # of a drawn frame: 1.2 times what a 1280 px page shows
CLOSEUP_PX = 168
# Tried on six real clips: a row takes 50 kB; JPEG needs half as much again for strokes as clean.
_WEBP_QUALITIES = (70, 55, 40)
_MOST_BYTES_A_PIXEL = 0.12  # at six frames and two close-ups, 66 kB a row in base64


@dataclass(frozen=True)
class Hand:
    """One hand in one drawn frame, in words."""

    side: str  # "left" or "right"
    state: str  # "none", "measured", "interpolated" or "masked": found, and not trusted
    confidence: float


@dataclass(frozen=True)
class Picture:
    """One picture of a sheet."""

    data_uri: str
    width_px: int
    height_px: int
    time_s: float  # in the clip
    hands: tuple[Hand, ...]


@dataclass(frozen=True)
class Sheet:
    """What the page shows of one clip; `note` says why pictures or bones are missing."""

    row: ClipRow
    frames: tuple[Picture, ...]
    closeups: tuple[Picture, ...]
    reference: str | None  # data URI of the stored still, where there is no video
    timeline: str | None  # SVG
    soundtrack: str | None  # SVG
    heard: Heard | None  # None where nobody listened
    still: Picture | None  # the clip's best
    hands: HandSummary | None  # None without labels
    others: int | None  # hands of other people left out, counted over frames; None where nobody counted
    calibration: str | None  # id of what the confidence was made by
    disagreement_px: tuple[float | None, float | None]  # of bones and dots, median, left then right
    note: str | None


def make_sheet(clip: DrawnClip, frames_per_clip: int, models: Mapping[str, HandModel]) -> Sheet:
    """The sheet of one clip; media that cannot be read gives a note in place of its frames."""
    indices = spread_frames(clip.row.n_frames, frames_per_clip)
    pictures, problem = _read_frames(clip, indices)
    marks = frame_marks(clip.labels, indices, models)
    return Sheet(
        row=clip.row,
        frames=tuple(
            _picture(draw(frame, mark, FRAME_WIDTH_PX), index, mark, (0, 1))
            for frame, mark, index in zip(pictures, marks, indices, strict=False)
        ),
        closeups=_closeups(pictures, marks, indices),
        reference=None if pictures else _reference(clip.reference),
        timeline=_timeline(clip.labels, indices),
        soundtrack=soundtrack(clip.labels, rate_hz=CLIP_RATE_HZ, marks=indices),
        heard=heard(clip.labels),
        still=_still(clip.labels),
        hands=hand_summary(clip.labels.hands_confidence, clip.labels.hands_valid),
        others=clip.labels.hands_others,
        calibration=clip.labels.hands_calibration,
        disagreement_px=disagreement_px(clip.labels, models.get(clip.labels.hands_model or "")),
        note=problem or _missing_video(clip) or _missing_model(clip, models),
    )


def _read_frames(clip: DrawnClip, indices: Sequence[int]) -> tuple[Sequence[np.ndarray], str | None]:
    """The frames (704, 512, 3), or none and what is wrong.

    Each frame is sought alone: on a clip of 300 frames that takes a third of decoding it to the end.
    """
    if not clip.mp4 or not indices:
        return (), None
    try:
        return [read_frames(clip.mp4, [index], "pyav")[0] for index in indices], None
    except (av.FFmpegError, IndexError, KeyError):
        return (), "The stored video cannot be read: it is damaged or shorter than its row says."


def _missing_video(clip: DrawnClip) -> str | None:
    """A filtered clip may have none; a kept one must."""
    if clip.mp4 or clip.row.state != KEPT:
        return None
    return "Kept, yet the table clip_media holds no video of it: ingest its source again."


def _missing_model(clip: DrawnClip, models: Mapping[str, HandModel]) -> str | None:
    name = clip.labels.hands_model
    if name is None or name in models:
        return None
    return f"The mesh is not drawn: the labels belong to the hand model {name}, which is not on this machine."


def _closeups(
    frames: Sequence[np.ndarray], marks: Sequence[FrameMarks], indices: Sequence[int]
) -> tuple[Picture, ...]:
    """One close-up a hand, from the drawn frame of middling confidence; a masked one only where no other is."""
    closeups = []
    for side in (0, 1):
        shown = [i for i in range(len(frames)) if marks[i].valid[side]]
        seen = shown or [i for i in range(len(frames)) if marks[i].found(side)]
        if not seen:
            continue
        middling = sorted(seen, key=lambda i: marks[i].confidence[side])[len(seen) // 2]
        drawn = draw_hand(frames[middling], marks[middling], side, CLOSEUP_PX)
        if drawn is not None:
            closeups.append(_picture(drawn, indices[middling], marks[middling], (side,)))
    return tuple(closeups)


def _picture(drawn: np.ndarray, index: int, marks: FrameMarks, sides: Sequence[int]) -> Picture:
    hands = tuple(Hand(("left", "right")[i], _state(marks, i), float(marks.confidence[i])) for i in sides)
    height, width = drawn.shape[:2]
    return Picture(_data_uri(drawn), width, height, index / CLIP_RATE_HZ, hands)


def _state(marks: FrameMarks, side: int) -> str:
    if marks.valid[side] == NONE and marks.found(side):
        return "masked"
    return ("none", "measured", "interpolated")[int(marks.valid[side])]


def _reference(jpeg: bytes | None) -> str | None:
    """The stored still, scaled down to a drawn frame; None where it is missing or no picture."""
    rgb = _decoded(jpeg, FRAME_WIDTH_PX)
    return None if rgb is None else _data_uri(rgb)


def _still(labels: ClipLabels) -> Picture | None:
    """The best still, as wide as a close-up."""
    rgb = _decoded(labels.reference_jpeg, CLOSEUP_PX)
    if rgb is None:
        return None
    return Picture(
        _data_uri(rgb), rgb.shape[1], rgb.shape[0], (labels.reference_frame or 0) / CLIP_RATE_HZ, ()
    )


def _decoded(jpeg: bytes | None, width_px: int) -> np.ndarray | None:
    """RGB of that width; None where there is nothing, or no picture."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if bgr is None:
        return None
    height = max(1, round(width_px * bgr.shape[0] / bgr.shape[1]))
    return cv2.resize(bgr, (width_px, height), interpolation=cv2.INTER_AREA)[..., ::-1]


def _timeline(labels: ClipLabels, indices: Sequence[int]) -> str | None:
    confidence, valid = labels.hands_confidence, labels.hands_valid
    if confidence is None or valid is None or not len(confidence):
        return None
    return timeline(confidence, valid, rate_hz=CLIP_RATE_HZ, marks=indices)


def _data_uri(rgb: np.ndarray) -> str:
    """The picture as WebP, at the first quality that keeps to the bytes it may take, else at the last."""
    most_bytes = rgb.shape[0] * rgb.shape[1] * _MOST_BYTES_A_PIXEL
    for quality in _WEBP_QUALITIES:
        written, webp = cv2.imencode(".webp", rgb[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])
        assert written, "encoding of an 8-bit picture cannot fail"
        if webp.size <= most_bytes:
            break
    return "data:image/webp;base64," + base64.b64encode(webp.tobytes()).decode()
