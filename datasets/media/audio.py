"""Sound of a stretch of video, in step with its pictures: mono, 16 kHz."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from datasets.frame import AUDIO_RATE_HZ
from datasets.media.container import decoded, is_indexed, open_container, tick_s
from datasets.media.probe import probe

_PREROLL_S = 1.0  # codecs need a few frames after a seek before they are exact
_MARGIN_S = 0.1  # decoded on both sides, so that the resampler sees what surrounds the stretch
_MAX_DRIFT_S = 0.04  # packet times of vorbis in webm wobble by 10 ms; a larger step is a real gap
_SPEECH_WINDOW_S = 0.02
_SILENCE_DBFS = -50.0


def read_audio(
    path: Path, start_s: float, duration_s: float, *, first_picture_s: float | None = None
) -> np.ndarray | None:
    """(S,) float32 in [-1, 1], S = round(duration_s * 16000), from start_s after the first picture.

    Channels are averaged. Zeros stand where the track has nothing. None where there is no audio track or none
    of it decodes. first_picture_s is VideoFacts.first_picture_s, probed where it is not given.
    Raises MediaError when the file itself cannot be opened.
    """
    zero_s = probe(path).first_picture_s if first_picture_s is None else first_picture_s
    with open_container(path) as container:
        stream: Any = container.streams.best("audio")
        if stream is None or getattr(stream, "codec_context", None) is None:
            return None
        stream.codec_context.thread_count = 1
        line = _TimeLine(zero_s + start_s - _MARGIN_S, duration_s + 2 * _MARGIN_S)
        if not _fill(container, stream, line):
            return None
    return _cut(line.resampled(), round(_MARGIN_S * AUDIO_RATE_HZ), round(duration_s * AUDIO_RATE_HZ))


def encode_flac(samples: np.ndarray) -> bytes:
    """A 16-bit mono 16 kHz FLAC of samples (S,) float in [-1, 1]; what is louder is clipped."""
    codes = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac", container_options={"fflags": "bitexact"}) as container:
        stream = container.add_stream("flac", rate=AUDIO_RATE_HZ, layout="mono")
        stream.codec_context.format = "s16"
        if len(codes):
            container.mux(stream.encode(_audio_frame(codes[None], "s16", AUDIO_RATE_HZ)))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def decode_flac(flac: bytes) -> np.ndarray:
    """(S,) float32 in [-1, 1] of a FLAC that encode_flac wrote."""
    with av.open(io.BytesIO(flac), mode="r", format="flac") as container:
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    codes = np.concatenate(parts) if parts else np.empty(0, np.int16)
    return (codes / 32767).astype(np.float32)


def speech_track(samples: np.ndarray | None) -> float:
    """Fraction of 20 ms windows louder than -50 dBFS; 0 where there is no audio."""
    window = round(_SPEECH_WINDOW_S * AUDIO_RATE_HZ)
    if samples is None or len(samples) < window:
        return 0.0
    windows = samples[: len(samples) // window * window].reshape(-1, window).astype(np.float64)
    power = (windows**2).mean(axis=1)
    return float((power > 10 ** (_SILENCE_DBFS / 10)).mean())


class _TimeLine:
    """Samples gathered by their time into one mono track at the source's rate."""

    def __init__(self, start_s: float, duration_s: float) -> None:
        self.start_s, self.end_s = start_s, start_s + duration_s
        self._samples: np.ndarray | None = None
        self._rate_hz = 0
        self._next: int | None = None

    def add(self, frame: av.AudioFrame, time_s: float | None) -> None:
        """Lays a frame down at its time, or right after the last one where that is nearly the same."""
        if self._samples is None:
            self._rate_hz = frame.sample_rate
            self._samples = np.zeros(round((self.end_s - self.start_s) * self._rate_hz), np.float32)
        if frame.sample_rate != self._rate_hz:
            return  # a track that changes its rate: its first rate counts
        at = self._position(time_s)
        mono = _mono(frame)
        first, last = max(0, -at), min(len(mono), len(self._samples) - at)
        if first < last:
            self._samples[at + first : at + last] = mono[first:last]
        self._next = at + len(mono)

    def resampled(self) -> np.ndarray:
        """The whole line at 16 kHz; silence where nothing was laid down."""
        if self._samples is None or self._rate_hz == AUDIO_RATE_HZ:
            length = round((self.end_s - self.start_s) * AUDIO_RATE_HZ)
            return np.zeros(length, np.float32) if self._samples is None else _clean(self._samples)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=AUDIO_RATE_HZ)
        frame = _audio_frame(_clean(self._samples)[None], "flt", self._rate_hz)
        parts = [*resampler.resample(frame), *resampler.resample(None)]
        return np.concatenate([part.to_ndarray()[0] for part in parts])

    def _position(self, time_s: float | None) -> int:
        if time_s is None:
            return self._next or 0
        at = round((time_s - self.start_s) * self._rate_hz)
        if self._next is not None and abs(at - self._next) <= _MAX_DRIFT_S * self._rate_hz:
            return self._next
        return at


def _fill(container: Any, stream: Any, line: _TimeLine) -> bool:
    """Lays the track's frames on the line; false where not one frame of the track decodes."""
    found = False
    for frame, time_s in _frames_from(container, stream, line.start_s - _PREROLL_S):
        found = True
        if time_s is not None and time_s >= line.end_s:
            break
        line.add(frame, time_s)
    if found:
        return True
    return _rewind(container, stream) and next(decoded(container, stream), None) is not None


def _frames_from(container: Any, stream: Any, start_s: float) -> Iterator[tuple[av.AudioFrame, float | None]]:
    """Frames with their container times, from one at or before start_s where there is such a frame."""
    if start_s > 0 and is_indexed(container) and _seek(container, stream, start_s):
        frames = _with_times(container, stream)
        landed = next(frames, None)
        if landed is not None and landed[1] is not None and landed[1] <= start_s + _PREROLL_S:
            yield landed
            yield from frames
            return
        _rewind(container, stream)
    yield from _with_times(container, stream)


def _with_times(container: Any, stream: Any) -> Iterator[tuple[av.AudioFrame, float | None]]:
    for frame in decoded(container, stream):
        yield frame, None if frame.pts is None else frame.pts * float(frame.time_base or tick_s(stream))


def _seek(container: Any, stream: Any, time_s: float) -> bool:
    try:
        container.seek(round(time_s / tick_s(stream)), stream=stream, backward=True)
    except av.FFmpegError:
        return False
    return True


def _rewind(container: Any, stream: Any) -> bool:
    return _seek(container, stream, (stream.start_time or 0) * tick_s(stream))


def _mono(frame: av.AudioFrame) -> np.ndarray:
    """(S,) float32 mean over the channels: as loud as the loudest channel at most."""
    values = frame.to_ndarray()
    channels = frame.layout.nb_channels
    if not frame.format.is_planar:
        values = values.reshape(-1, channels).T
    floats = _as_float(values)
    return floats[0] if channels == 1 else floats.mean(axis=0)


def _clean(samples: np.ndarray) -> np.ndarray:
    """Broken floats as silence, and no sample beyond [-1, 1]."""
    return np.nan_to_num(samples, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)


def _as_float(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    scale = 2.0 ** (8 * values.dtype.itemsize - 1)
    offset = scale if values.dtype.kind == "u" else 0.0  # 8-bit samples have their zero at 128
    return ((values - offset) / scale).astype(np.float32)


def _audio_frame(samples: np.ndarray, sample_format: str, rate_hz: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples, format=sample_format, layout="mono")
    frame.sample_rate = rate_hz
    frame.pts = 0
    return frame


def _cut(samples: np.ndarray, start: int, length: int) -> np.ndarray:
    """Exactly `length` samples from `start`, padded with zeros."""
    part = samples[start : start + length].clip(-1.0, 1.0)  # the resampler overshoots
    return np.pad(part, (0, length - len(part)))
