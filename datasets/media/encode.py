"""Clips as H.264 and pictures as JPEG, and clips read back."""

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.media.errors import MediaError
from datasets.media.picture import i420_to_rgb
from datasets.reasons import Reason

GOP_FRAMES = 12  # random windows read 4 to 6 times faster than from GOPs of 250
# Measured on 512 x 704 pictures of people, one core: superfast takes 2.5 to 4.6 ms a frame (veryfast 3.5 to
# 8.3), at 1.1 to 1.7 Mbit/s and a luma PSNR of 43 to 48 dB. MediaPipe takes 45 ms on the same frame.
PRESET = "superfast"
CRF = 20
JPEG_QUALITY = 92

_BT601 = 6  # AVCOL_SPC_SMPTE170M, and the same number for transfer and primaries
_LIMITED_RANGE = 1
_BITEXACT = "bitexact"  # no encoder versions or dates in the file: the same frames give the same bytes

Backend = Literal["decord", "pyav"]


def encode_h264(frames: np.ndarray, rate_hz: int = CLIP_RATE_HZ, gop: int = GOP_FRAMES) -> bytes:
    """An mp4 of frames (T, h * 3 / 2, w) uint8 I420: H.264, closed GOPs, index first, no audio.

    The same frames give the same bytes. Raises MediaError(ENCODE_ERROR) when the file does not hold T frames.
    """
    # The muxer needs a real file to move the index to the front.
    with tempfile.TemporaryDirectory(prefix="emo2-encode-") as folder:
        path = Path(folder) / "clip.mp4"
        try:
            _write_mp4(path, frames, rate_hz, gop)
        except av.FFmpegError as error:
            raise MediaError(Reason.ENCODE_ERROR, f"the encoder failed: {error}") from error
        mp4 = path.read_bytes()
    written = count_frames(mp4)
    if written != len(frames):
        raise MediaError(Reason.ENCODE_ERROR, f"the mp4 holds {written} frames of {len(frames)}")
    return mp4


def count_frames(mp4: bytes) -> int:
    """Pictures in a clip, counted by its distinct presentation times without decoding."""
    with av.open(io.BytesIO(mp4), mode="r") as container:
        packets = container.demux(container.streams.video[0])
        return len({packet.pts for packet in packets if packet.size > 0})


def encode_jpeg(rgb: np.ndarray, quality: int = JPEG_QUALITY) -> bytes:
    """A JPEG of one picture (h, w, 3) uint8 RGB."""
    done, encoded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise MediaError(Reason.ENCODE_ERROR, f"no JPEG of a picture of shape {rgb.shape}")
    return encoded.tobytes()


def read_frames(mp4: bytes, indices: Sequence[int] | None = None, backend: Backend = "decord") -> np.ndarray:
    """Frames of a clip of ours: (n, 704, 512, 3) uint8 RGB, in the order of `indices`; all for None.

    Never for untrusted media: both backends decode in this process. Raises IndexError for a frame it lacks.
    """
    with _READERS[backend](mp4) as (count, read):
        wanted = list(range(count)) if indices is None else [int(index) for index in indices]
        if wanted and not 0 <= min(wanted) <= max(wanted) < count:
            raise IndexError(f"frames {min(wanted)} to {max(wanted)} of a clip of {count}")
        return read(wanted) if wanted else np.empty((0, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)


def _write_mp4(path: Path, frames: np.ndarray, rate_hz: int, gop: int) -> None:
    options = {"movflags": "+faststart", "fflags": _BITEXACT}
    with av.open(str(path), "w", format="mp4", container_options=options) as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.width, stream.height = frames.shape[2], frames.shape[1] * 2 // 3
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        _tag_colours(stream.codec_context)
        stream.codec_context.options = _x264_options(gop)
        for index, pixels in enumerate(frames):
            container.mux(stream.encode(_picture(pixels, index)))
        container.mux(stream.encode(None))


def _x264_options(gop: int) -> dict[str, str]:
    closed = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0"
    return {"preset": PRESET, "crf": str(CRF), "x264-params": closed, "flags": f"+{_BITEXACT}"}


def _tag_colours(target: Any) -> None:
    """Marks a codec or a frame as BT.601 limited range, which `datasets.media.colour` gives."""
    target.colorspace = target.color_trc = target.color_primaries = _BT601
    target.color_range = _LIMITED_RANGE


def _picture(pixels: np.ndarray, index: int) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    picture.pts = index
    _tag_colours(picture)
    return picture


@contextmanager
def _open_decord(mp4: bytes) -> Iterator[tuple[int, Any]]:
    import decord  # here: a reader that wants pyav alone should not need it

    reader = decord.VideoReader(io.BytesIO(mp4), num_threads=1)
    yield len(reader), lambda wanted: reader.get_batch(wanted).asnumpy()


@contextmanager
def _open_pyav(mp4: bytes) -> Iterator[tuple[int, Any]]:
    with av.open(io.BytesIO(mp4), mode="r") as container:
        container.streams.video[0].codec_context.thread_count = 1
        yield container.streams.video[0].frames, lambda wanted: _pyav_frames(container, wanted)


def _pyav_frames(container: Any, wanted: list[int]) -> np.ndarray:
    """The frames asked for, decoding from the key frame before the first to the last."""
    stream = container.streams.video[0]
    frame_ticks = 1 / (stream.average_rate * stream.time_base)
    container.seek(round(min(wanted) * frame_ticks), stream=stream, backward=True)
    found: dict[int, np.ndarray] = {}
    for frame in container.decode(stream):
        index = round(frame.pts / frame_ticks)
        if index in wanted:
            found[index] = frame.to_ndarray()
        if index >= max(wanted):
            break
    return i420_to_rgb(np.stack([found[index] for index in wanted]))


_READERS = {"decord": _open_decord, "pyav": _open_pyav}
