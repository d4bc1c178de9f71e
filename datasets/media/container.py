"""Opening untrusted containers and decoding their packets, with every failure as a MediaError."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from datasets.media.errors import MediaError
from datasets.reasons import Reason

# Containers that hold their own media. Playlists (hls, dash, concat), picture sequences, devices and raw
# streams are left out: they name other files or carry no time.
ALLOWED_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf"

# Only these carry an index that says where a time is; elsewhere times may restart and a seek may land on
# another picture of the same time.
_INDEXED_FORMATS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"})

_MICROSECOND_S = 1e-6  # unit of times where a track names none

_OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ALLOWED_FORMATS}


def open_container(path: Path) -> InputContainer:
    """An open container of one local file; the caller closes it.

    Raises MediaError: MISSING, UNSUPPORTED for a format outside ALLOWED_FORMATS, UNREADABLE for all the rest.
    """
    # The explicit protocol and the absolute path keep a name like `-x.mp4` or `http:a.mp4` a plain file name.
    url = f"file:{path.absolute()}"
    try:
        return av.open(url, mode="r", options=dict(_OPEN_OPTIONS), metadata_errors="replace")
    except FileNotFoundError:
        raise MediaError(Reason.MISSING, f"{path.name}: no such file") from None
    except av.ArgumentError:
        raise MediaError(Reason.UNSUPPORTED, f"{path.name}: the container's format is not allowed") from None
    except (av.FFmpegError, OSError) as error:
        raise media_error(error, Reason.UNREADABLE, f"{path.name}: cannot be opened") from None


def open_video(path: Path, *, loop_filter: bool = True) -> tuple[InputContainer, VideoStream]:
    """An open container and its main video track, ready to decode on one thread.

    loop_filter=False skips deblocking of frames that no other frame refers to: cheaper, and the same to the
    eye at small size. Raises MediaError as open_container does, NO_VIDEO, and UNSUPPORTED for no codec.
    """
    container = open_container(path)
    try:
        return container, _main_video(container, path, loop_filter)
    except BaseException:
        container.close()
        raise


def tick_s(stream: Any) -> float:
    """Seconds in one unit of a track's timestamps."""
    return float(stream.time_base or _MICROSECOND_S)


def is_indexed(container: InputContainer) -> bool:
    """Whether seeking by time can be trusted."""
    return container.format.name in _INDEXED_FORMATS


def decoded(container: InputContainer, stream: Any) -> Iterator[Any]:
    """Every frame of a track that decodes, from where the container stands; packets that do not are skipped.

    Raises MediaError(OUT_OF_MEMORY) when the decoder runs out of memory.
    """
    for packet in _packets(container, stream):
        try:
            frames = stream.codec_context.decode(packet)
        except EOFError:
            return
        except av.FFmpegError as error:
            if error.errno == errno.ENOMEM:
                raise media_error(error, Reason.OUT_OF_MEMORY, "decoding") from None
            continue
        yield from frames


def media_error(error: Exception, reason: Reason, what: str) -> MediaError:
    """The MediaError for a library's error; running out of memory keeps its own reason."""
    code = getattr(error, "errno", None)
    if code == errno.ENOMEM or isinstance(error, MemoryError):
        reason = Reason.OUT_OF_MEMORY
    return MediaError(reason, f"{what}: {getattr(error, 'strerror', None) or error}")


def _main_video(container: InputContainer, path: Path, loop_filter: bool) -> VideoStream:
    stream: Any = container.streams.best("video")
    if stream is None or bool(stream.disposition & stream.disposition.attached_pic):
        raise MediaError(Reason.NO_VIDEO, f"{path.name}: no video track")
    if getattr(stream, "codec_context", None) is None:
        raise MediaError(Reason.UNSUPPORTED, f"{path.name}: no decoder for its video track")
    stream.codec_context.thread_count = 1  # the workers are the parallelism
    if not loop_filter:
        stream.codec_context.options = {"skip_loop_filter": "noref"}
    return stream


def _packets(container: InputContainer, stream: Any) -> Iterator[av.Packet | None]:
    """Packets of one track in file order, then None to flush the decoder; a broken container just ends."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return  # demux itself ends with a flushing packet
        except av.FFmpegError as error:
            if error.errno == errno.ENOMEM:
                raise media_error(error, Reason.OUT_OF_MEMORY, "reading") from None
            yield None
            return
        yield packet
