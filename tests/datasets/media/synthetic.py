"""Tiny videos made for tests, whose pictures tell which frame they are."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

TICKS_HZ = 1000  # unit of the times given to write_video
LEVEL_STEP = 8


def grey(index: int) -> int:
    """The luma of frame `index`: 24, 32, ... and round again after 24 frames."""
    return 24 + LEVEL_STEP * (index % 24)


def moving_frames(count: int) -> np.ndarray:
    """(count, 1056, 512) I420: a soft pattern that moves, with colour, of a clip's size."""
    y, x = np.mgrid[:704, :512]
    frames = np.empty((count, 1056, 512), np.uint8)
    for index, frame in enumerate(frames):
        frame[:704] = 120 + 60 * np.sin((x + 8 * index) / 40) * np.cos(y / 50)
        frame[704:880] = 100 + index
        frame[880:] = 160 - index
    return frames


def grey_frames(count: int, width: int = 64, height: int = 64) -> list[np.ndarray]:
    """I420 pictures of one grey each."""
    frames = []
    for index in range(count):
        frame = np.full((height * 3 // 2, width), 128, np.uint8)
        frame[:height] = grey(index)
        frames.append(frame)
    return frames


def quarters(width: int, height: int) -> np.ndarray:
    """An RGB picture: red top left, green top right, blue bottom left, white bottom right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (200, 30, 30)
    picture[: height // 2, width // 2 :] = (30, 200, 30)
    picture[height // 2 :, : width // 2] = (30, 30, 200)
    picture[height // 2 :, width // 2 :] = (220, 220, 220)
    return picture


def write_video(
    path: Path,
    frames: Sequence[np.ndarray],
    times_ms: Sequence[int] | None = None,
    *,
    source_format: str = "yuv420p",
    pixel_format: str = "yuv420p",
    colorspace: int = 6,
    color_range: int = 1,
    transfer: int = 6,
    pixel_aspect: Fraction | None = None,
    rotation_deg: int = 0,
    codec: str = "libx264",
) -> Path:
    """Writes frames at these times (25 Hz if None), lossless where the codec can."""
    times_ms = times_ms or [40 * index for index in range(len(frames))]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, time_base=Fraction(1, TICKS_HZ))
        height = len(frames[0]) * 2 // 3 if source_format == "yuv420p" else len(frames[0])
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], height, pixel_format
        context = stream.codec_context
        context.time_base = Fraction(1, TICKS_HZ)
        context.options = {"qp": "0", "preset": "ultrafast", "g": "10"} if codec == "libx264" else {"g": "10"}
        _tag(context, colorspace, color_range, transfer)
        if pixel_aspect:
            context.sample_aspect_ratio = pixel_aspect
        if rotation_deg:
            stream.set_display_rotation(-rotation_deg)  # libavutil counts against the clock
        for pixels, time_ms in zip(frames, times_ms, strict=True):
            picture: Any = av.VideoFrame.from_ndarray(pixels, format=source_format)
            if source_format != pixel_format:
                picture = picture.reformat(
                    format=pixel_format, dst_colorspace=_SWS.get(colorspace), dst_color_range=color_range
                )
            picture.pts, picture.time_base = time_ms, Fraction(1, TICKS_HZ)
            _tag(picture, colorspace, color_range, transfer)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


_SWS = {1: "ITU709", 6: "ITU601", 9: "BT2020"}  # AVColorSpace to swscale's names


def _tag(target: Any, colorspace: int, color_range: int, transfer: int) -> None:
    target.colorspace, target.color_range = colorspace, color_range
    target.color_trc, target.color_primaries = transfer, colorspace if colorspace != 10 else 9


def write_sound(
    path: Path,
    samples: np.ndarray,
    rate_hz: int,
    *,
    picture_starts_ms: int = 0,
    sound_starts_ms: int = 0,
    codec: str = "pcm_s16le",
) -> Path:
    """Writes a matroska of one second of grey pictures and samples (channels, S) float in [-1, 1]."""
    layout = "mono" if len(samples) == 1 else "stereo"
    with av.open(str(path), "w", format="matroska") as container:
        video: Any = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        video.codec_context.time_base = Fraction(1, TICKS_HZ)
        video.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency"}
        audio: Any = container.add_stream(codec, rate=rate_hz, layout=layout)
        for index, pixels in enumerate(grey_frames(25)):
            picture: Any = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
            picture.pts, picture.time_base = picture_starts_ms + 40 * index, Fraction(1, TICKS_HZ)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        codes = np.round(samples * 32767).astype(np.int16)
        packed = np.ascontiguousarray(codes.T).reshape(1, -1)
        for start in range(0, samples.shape[1], 1024):
            part = packed[:, start * len(samples) : (start + 1024) * len(samples)]
            frame: Any = av.AudioFrame.from_ndarray(part, format="s16", layout=layout)
            frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
            frame.pts = start + round(sound_starts_ms * rate_hz / 1000)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path
