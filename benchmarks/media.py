"""Videos that benchmarks run on: rendered talkers from fixed seeds, made once and kept under build/bench."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from datasets.talker import write_talker

HD_PX = (1280, 720)
SMALL_PX = (640, 360)  # still sharp enough for its clips to be kept


def talker(
    folder: Path, *, seconds: float, shots: int, seed: int = 0, size_px: tuple[int, int] = HD_PX
) -> Path:
    """A talker of 25 frames a second, rendered at about the speed of the video."""
    width_px, height_px = size_px
    path = folder / f"talker-{height_px}p-{seconds:g}s-{shots}shots-seed{seed}.mp4"

    def write(partial: Path) -> None:
        write_talker(partial, seconds=seconds, shots=shots, seed=seed, width_px=width_px, height_px=height_px)

    return _made_once(path, write)


def repeated(source: Path, times: int) -> Path:
    """A video that shows `source` so many times in a row, its packets copied without encoding."""
    path = source.with_name(f"{source.stem}-x{times}.mp4")
    return _made_once(path, lambda partial: _write_repeated(source, times, partial))


def _made_once(path: Path, write: Callable[[Path], None]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"partial-{path.name}")
        write(partial)
        partial.replace(path)
    return path


def _write_repeated(source: Path, times: int, out: Path) -> None:
    with av.open(str(out), "w", format="mp4") as target:
        copies: list = []
        latest: dict[int, int] = {}  # stream -> its last dts
        for turn in range(times):
            with av.open(str(source)) as container:
                copies = copies or [target.add_stream_from_template(stream) for stream in container.streams]
                turn_s = turn * _video_seconds(container)
                for packet in container.demux():
                    if packet.dts is None:
                        continue
                    _delay(packet, turn_s)
                    stream = packet.stream.index
                    if packet.dts <= latest.get(stream, packet.dts - 1):
                        continue  # sound lasts a little longer than the picture
                    latest[stream] = packet.dts
                    packet.stream = copies[stream]
                    target.mux(packet)


def _video_seconds(container: av.container.InputContainer) -> Fraction:
    stream = container.streams.video[0]
    if stream.duration is None or stream.time_base is None:
        raise ValueError(f"{container.name} does not say how long it is")
    return stream.duration * stream.time_base


def _delay(packet: Any, seconds: Fraction) -> None:
    ticks = round(seconds / packet.time_base)
    packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
