"""A stored clip back in memory as annotators see it: the one way in, for an ingest and for a re-annotation.

H.264 and FLAC decode to the same numbers everywhere, and the conversion to RGB is OpenCV's in whole numbers: the
same bytes always give the same clip.
"""

import io
from typing import Any

import av
import cv2
import numpy as np

from datasets.frame import AUDIO_RATE_HZ, CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.lake import ClipMedia
from datasets.media.audio import decode_flac
from datasets.media.errors import MediaError
from datasets.reasons import Reason

_I420_SHAPE = (CLIP_HEIGHT_PX * 3 // 2, CLIP_WIDTH_PX)
_STRICT = {"err_detect": "explode"}  # else the decoder makes up what is damaged and says nothing


def read_clip(media: ClipMedia, *, buffer: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """All pictures (T, 704, 512, 3) uint8 RGB and the sound (S,) float32 in [-1, 1] at 16 kHz, None without.

    With a `buffer` (T or more, 704, 512, 3) the pictures are a view of it, valid until it is used again.
    For media that we encoded: it is decoded in this process. Raises MediaError(DECODE_ERROR) naming the clip
    where it is damaged or not `n_frames` long.
    """
    if media.mp4 is None or media.n_frames is None:
        raise MediaError(Reason.DECODE_ERROR, f"clip {media.clip_id}: no mp4 is stored")
    try:
        frames = _pictures(media.mp4, media.n_frames, buffer)
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(Reason.DECODE_ERROR, f"clip {media.clip_id}: {error}") from error
    return frames, read_sound(media)


def read_sound(media: ClipMedia) -> np.ndarray | None:
    """The sound alone, (S,) float32 in [-1, 1] at 16 kHz, None without; the pictures need not be in `media`.

    Raises MediaError(DECODE_ERROR) naming the clip where it is damaged or not as long as `n_frames`.
    """
    if media.n_frames is None:
        raise MediaError(Reason.DECODE_ERROR, f"clip {media.clip_id}: no length is stored")
    try:
        return None if media.audio is None else _sound(media.audio, media.n_frames)
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(Reason.DECODE_ERROR, f"clip {media.clip_id}: {error}") from error


def _pictures(mp4: bytes, n_frames: int, buffer: np.ndarray | None) -> np.ndarray:
    """Raises ValueError for another count or size, and what the decoder raises."""
    fits = buffer is not None and len(buffer) >= n_frames
    rgb = (
        buffer[:n_frames]
        if buffer is not None and fits
        else np.empty((n_frames, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)
    )
    count = 0
    with av.open(io.BytesIO(mp4), mode="r", format="mp4") as container:
        for frame in container.decode(_video(container)):
            if count < n_frames:
                cv2.cvtColor(_i420(frame), cv2.COLOR_YUV2RGB_I420, dst=rgb[count])
            count += 1
    if count != n_frames:
        raise ValueError(f"its mp4 holds {count} frames of {n_frames}")
    return rgb


def _video(container: Any) -> Any:
    if not container.streams.video:
        raise ValueError("its mp4 has no video track")
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1  # the workers are the parallelism
    stream.codec_context.options = dict(_STRICT)
    return stream


def _i420(frame: av.VideoFrame) -> np.ndarray:
    """(1056, 512) uint8."""
    if frame.format.name != "yuv420p" or (frame.width, frame.height) != (CLIP_WIDTH_PX, CLIP_HEIGHT_PX):
        found = f"{frame.width} x {frame.height} {frame.format.name}"
        raise ValueError(f"its frames are {found}, not {CLIP_WIDTH_PX} x {CLIP_HEIGHT_PX} yuv420p")
    if frame.is_corrupt:
        raise ValueError("a frame of its mp4 is damaged")
    return frame.to_ndarray().reshape(_I420_SHAPE)


def _sound(flac: bytes, n_frames: int) -> np.ndarray:
    samples = decode_flac(flac)
    expected = round(n_frames / CLIP_RATE_HZ * AUDIO_RATE_HZ)
    if len(samples) != expected:
        raise ValueError(f"its sound has {len(samples)} samples of {expected}")
    return samples
