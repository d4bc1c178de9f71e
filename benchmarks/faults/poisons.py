"""Files that harm whoever trusts them: broken, endless, far larger than they look, or pointing elsewhere."""

import gzip
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import av
import numpy as np

from benchmarks import media

_HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:4.0,\n{}\n#EXT-X-ENDLIST\n"
_CONCAT = "ffconcat version 1.0\nfile '{}'\n"
_DASH = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:full:2011" type="static"
mediaPresentationDuration="PT4S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="0" bandwidth="9">
<BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>
"""
_ASX = '<asx version="3.0"><entry><ref href="{}"/></entry></asx>\n'
_SDP = b"""v=0
o=- 0 0 IN IP4 127.0.0.1
s=x
c=IN IP4 127.0.0.1
t=0 0
m=video 5004 RTP/AVP 96
a=rtpmap:96 H264/90000
"""
_BOMB_PX = 16_000  # a side; ffmpeg refuses pictures of 2^28 pixels
_HOUR_S = 3600
_BLACK_S = 60
_FLIPS_A_MB = {"bits flipped, few": 10, "bits flipped, many": 2000}


@dataclass(frozen=True)
class Bait:
    """What a playlist points at; both must stay untouched."""

    file: str  # a good video, relative to the folder of the playlists, since ffmpeg follows no absolute path
    url: str  # of a listener on loopback


@dataclass(frozen=True)
class Poison:
    """One poisoned file."""

    kind: str
    path: Path


def write_poisons(folder: Path, good: Path, bait: Bait, cache: Path, random: Random) -> list[Poison]:
    """One file of each kind, no two with the same bytes; `cache` keeps the two that take seconds to make."""
    kinds = [*_broken(good.read_bytes(), random), *_playlists(bait)]
    found = [_written(folder, number, kind, name, data) for number, (kind, name, data) in enumerate(kinds)]
    pipe = folder / "pipe.mp4"
    os.mkfifo(pipe)
    bombs = [
        Poison(
            "bomb: a picture of 256 million pixels", _once(cache / "bomb-picture.mov", _write_huge_picture)
        ),
        Poison("bomb: an hour in some kilobytes", _black_hour(cache)),
    ]
    return [*found, *bombs, Poison("endless: a pipe without an end", pipe)]


def _written(folder: Path, number: int, kind: str, name: str, data: bytes) -> Poison:
    path = folder / f"{number:02}-{name}"
    path.write_bytes(data)
    return Poison(kind, path)


def _broken(good: bytes, random: Random) -> Iterator[tuple[str, str, bytes]]:
    """(kind, file name, bytes) of what was a good file once, or never was one."""
    yield "empty", "empty.mp4", b""
    yield "random bytes", "random.mp4", random.randbytes(len(good))
    yield "random bytes after a good header", "header.mp4", good[:64] + random.randbytes(len(good))
    yield "truncated, half", "half.mp4", good[: len(good) // 2]
    yield "truncated, in the index", "index.mp4", good[:600]
    yield "index cut away", "no-index.mp4", good[good.index(b"mdat") - 4 :]
    for kind, flips in _FLIPS_A_MB.items():
        yield kind, "flipped.mp4", _flipped(good, random, max(1, flips * len(good) // 10**6))
    yield "bits flipped in the index", "flipped-index.mp4", _flipped(good[:4000], random, 40) + good[4000:]
    yield "endless: billions of frames announced", "announced.mp4", _announcing(good)
    yield "bomb: zeros behind gzip", "zeros.mp4", gzip.compress(bytes(64 << 20))


def _flipped(data: bytes, random: Random, bits: int) -> bytes:
    changed = bytearray(data)
    for _ in range(bits):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _announcing(good: bytes) -> bytes:
    """The first table of frame times of an MP4 claims that two billion frames follow, one tick apart."""
    at = good.index(b"stts") + len(b"stts") + 8  # after its flags and the number of its entries
    return good[:at] + struct.pack(">II", 2**31 - 1, 1) + good[at + 8 :]


def _playlists(bait: Bait) -> Iterator[tuple[str, str, bytes]]:
    """(kind, file name, bytes): each names the file or the address, under a name that makes a player follow it."""
    for target, name in ((bait.file, "file"), (bait.url, "network")):
        yield f"playlist to a {name}: HLS", f"hls-{name}.m3u8", _HLS.format(target).encode()
        yield f"playlist to a {name}: concat", f"concat-{name}.mp4", _CONCAT.format(target).encode()
        yield f"playlist to a {name}: DASH", f"dash-{name}.mp4", _DASH.format(target).encode()
        yield f"playlist to a {name}: ASX", f"asx-{name}.wmv", _ASX.format(target).encode()
        yield f"playlist to a {name}: QuickTime", f"reference-{name}.mov", _reference_movie(target)
    yield "playlist to the network: SDP", "session.mp4", _SDP


def _reference_movie(target: str) -> bytes:
    """A QuickTime movie that holds nothing but another one's address."""
    address = target.encode() + b"\0"
    reference = _box(b"rdrf", struct.pack(">I4sI", 0, b"url ", len(address)) + address)
    movie = _box(b"moov", _box(b"rmra", _box(b"rmda", reference)))
    return _box(b"ftyp", b"qt  \0\0\0\0qt  ") + movie


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data


def _black_hour(cache: Path) -> Path:
    minute = _once(cache / "black-minute.mp4", _write_black)
    return media.repeated(minute, _HOUR_S // _BLACK_S)


def _once(path: Path, write: Callable[[Path], None]) -> Path:
    if not path.exists():
        partial = path.with_name(f"partial-{path.name}")
        write(partial)
        partial.replace(path)
    return path


def _write_black(path: Path) -> None:
    _write_flat(path, "libx264", np.zeros((180 * 3 // 2, 320), np.uint8), "yuv420p", frames=_BLACK_S * 25)


def _write_huge_picture(path: Path) -> None:
    _write_flat(path, "png", np.zeros((_BOMB_PX, _BOMB_PX), np.uint8), "gray", frames=1)


def _write_flat(path: Path, codec: str, planes: np.ndarray, pixels: str, *, frames: int) -> None:
    frame = av.VideoFrame.from_ndarray(planes, pixels)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, pixels
        for number in range(frames):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
