"""What a video file is, read from its header and its first picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.stream import VideoStream

from datasets.media.container import decoded, open_container, open_video, tick_s
from datasets.media.errors import MediaError
from datasets.media.geometry import DisplayGeometry, Orientation
from datasets.reasons import Reason

__all__ = ["MediaError", "VideoFacts", "display_geometry", "facts_of", "open_container", "probe"]

_MICROSECONDS = 1_000_000  # unit of a container's own times


@dataclass(frozen=True)
class VideoFacts:
    """What the file announces; nothing here is trusted to be what decodes."""

    container: str
    video_codec: str
    audio_codec: str | None
    width_px: int  # as displayed: rotated, square pixels
    height_px: int
    rotation_deg: int  # clockwise, 0, 90, 180 or 270; already applied to width and height
    announced_rate_hz: float | None
    announced_duration_s: float | None
    has_audio: bool
    bit_depth: int
    pixel_format: str
    transfer: int  # AVColorTransferCharacteristic (ITU-T H.273): 1 BT.709, 2 unknown, 16 PQ, 18 HLG
    first_picture_s: float  # container time of the first picture, the zero of all other times


def probe(path: Path) -> VideoFacts:
    """Facts of one file; decodes its first picture. Raises MediaError."""
    container, stream = open_video(path)
    with container:
        first = next(decoded(container, stream), None)
        if first is None:
            raise MediaError(Reason.NO_FRAMES, f"{path.name}: no frame of its video track decodes")
        return facts_of(container, stream, first)


def facts_of(container: InputContainer, stream: VideoStream, first: av.VideoFrame) -> VideoFacts:
    """Facts of an open container whose first picture is decoded."""
    geometry = display_geometry(stream, first)
    audio = container.streams.best("audio")
    audio_context = getattr(audio, "codec_context", None)
    rate = stream.average_rate or stream.guessed_rate
    return VideoFacts(
        container=container.format.name,
        video_codec=stream.codec_context.name,
        audio_codec=audio_context.name if audio_context else None,
        width_px=geometry.width_px,
        height_px=geometry.height_px,
        rotation_deg=geometry.orientation.rotation_deg,
        announced_rate_hz=float(rate) if rate else None,
        announced_duration_s=_duration_s(container, stream),
        has_audio=audio_context is not None,
        bit_depth=max(component.bits for component in first.format.components),
        pixel_format=first.format.name,
        transfer=int(first.color_trc),
        first_picture_s=(first.pts or 0) * tick_s(stream),
    )


def display_geometry(stream: VideoStream, first: av.VideoFrame) -> DisplayGeometry:
    """How pictures of this track are shown."""
    side_data: Any = first.side_data
    matrix = side_data.get(SideDataType.DISPLAYMATRIX)
    orientation = Orientation.from_display_matrix(bytes(matrix)) if matrix else Orientation()
    return DisplayGeometry.of(first.width, first.height, stream.sample_aspect_ratio, orientation)


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration:
        return stream.duration * tick_s(stream)
    return container.duration / _MICROSECONDS if container.duration else None
