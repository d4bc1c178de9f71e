"""Every awkward file ends in facts and frames, or in a reason, within its deadline."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from datasets.frame import CropBox
from datasets.media.decode import VideoReader
from datasets.media.errors import MediaError
from datasets.media.guard import Guard
from datasets.reasons import Reason
from tests.datasets.media.synthetic import grey_frames, quarters

DEADLINE_S = 60
MEMORY_BYTES = 2_000_000_000
MEDIA = Path(os.environ.get("EMO2_MEDIA", "/nonexistent"))
AWKWARD = sorted((MEDIA / "awkward").glob("*")) if "EMO2_MEDIA" in os.environ else []
UNREADABLE = {"truncated_no_moov.mp4": Reason.UNREADABLE}
# Displayed size, clockwise rotation and number of frames, as ffmpeg's own command tells them.
KNOWN = {
    "video_90.mov": ([320, 568], 90, 3),
    "video_180.mov": ([568, 320], 180, 3),
    "nasa_13013_rotated.mp4": ([270, 480], 270, 17),
    "-video-with-dash-.mp4": ([1, 1], 0, 5),
    "test_non_zero_start.mp4": ([199, 112], 0, 12),
    "av1_video.mkv": ([640, 360], 0, 125),
    "nasa_13013_hdr.mp4": ([320, 180], 0, 325),
    "testsrc2_odd_height_and_width_444.mp4": ([321, 241], 0, 25),
    "street_50fps.avi": ([1280, 720], 0, 205),
}


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[3])
        with Guard(deadline_s=DEADLINE_S, memory_bytes=MEMORY_BYTES) as guard:
            yield guard


def look_through(guard: Guard, path: Path) -> dict[str, Any]:
    function = "tests.datasets.media.guarded_functions:look_through"
    return guard.call(function, {"path": str(path)}).values


@pytest.mark.skipif(not AWKWARD, reason="EMO2_MEDIA does not name a folder of test media")
@pytest.mark.parametrize("path", AWKWARD, ids=lambda path: path.name)
def test_an_awkward_file_ends_in_frames_or_in_a_reason(guard: Guard, path: Path):
    if path.name in UNREADABLE:
        with pytest.raises(MediaError) as caught:
            look_through(guard, path)
        assert caught.value.reason is UNREADABLE[path.name]
        return
    seen = look_through(guard, path)
    assert seen["ascending"]
    assert seen["small_sizes"] == 1
    assert seen["clip_frames"] == seen["clip_frames_wanted"] > 0
    if path.name in KNOWN:
        assert (seen["size"], seen["rotation_deg"], seen["frames"]) == KNOWN[path.name]


def test_a_picture_that_changes_its_size_part_way_is_shown_at_its_first(tmp_path: Path):
    path = tmp_path / "grows.ts"
    write_mpeg_ts(path, [(grey_frames(5), 64), (grey_frames(5, 128, 96), 128)])
    with VideoReader(path) as reader:
        frames = list(reader.frames())
        assert {(frame.picture.width, frame.picture.height) for frame in frames} == {(64, 64), (128, 96)}
        assert {frame.small_bgr(32).shape for frame in frames} == {(32, 32, 3)}
        assert {frame.i420(CropBox(0, 0, 64, 64)).shape for frame in frames} == {(1056, 512)}
        assert {frame.rgb().shape for frame in frames} == {(64, 64, 3)}


def test_a_clock_that_starts_again_goes_on_counting(tmp_path: Path):
    path = tmp_path / "joined.ts"
    write_mpeg_ts(path, [(grey_frames(50), 64)])
    path.write_bytes(path.read_bytes() * 2)
    with VideoReader(path) as reader:
        times = [frame.time_s for frame in reader.frames()]
    assert len(times) >= 98
    assert np.diff(times).min() > 0
    assert times[-1] == pytest.approx(3.96, abs=0.1)


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [
        ("png", "rgb24"),
        ("png", "gray"),
        ("png", "rgba"),
        ("ffv1", "yuv420p16le"),
        ("ffv1", "bgr0"),
        ("ffv1", "gbrp10le"),
        ("ffv1", "yuv411p"),
        ("ffv1", "yuva420p"),
    ],
)
def test_any_pixel_format_comes_through(tmp_path: Path, codec: str, pixel_format: str):
    path = tmp_path / ("picture.mov" if codec == "png" else "picture.mkv")
    picture = av.VideoFrame.from_ndarray(quarters(64, 48), format="rgb24").reformat(format=pixel_format)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        picture.pts, picture.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with VideoReader(path) as reader:
        frame = next(reader.frames())
        own = frame.picture.to_ndarray(format="rgb24").astype(int)
        assert np.abs(frame.rgb() - own).max() <= 1
        small = frame.small_bgr(64)[..., ::-1]
        for y, x in [(12, 16), (12, 48), (36, 16), (36, 48)]:
            assert np.abs(small[y, x].astype(int) - own[y, x]).max() <= 4


def write_mpeg_ts(path: Path, parts: list[tuple[list[np.ndarray], int]]) -> None:
    """Parts of one H.264 stream, each from an encoder of its own, in an MPEG transport stream."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        start = 0
        for frames, width in parts:
            encoder: Any = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, len(frames[0]) * 2 // 3, "yuv420p"
            encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
            encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
            for index, pixels in enumerate([*frames, None]):
                picture: Any = (
                    None if pixels is None else av.VideoFrame.from_ndarray(pixels, format="yuv420p")
                )
                if picture is not None:
                    picture.pts = start + index
                for packet in encoder.encode(picture):
                    packet.stream = stream
                    container.mux(packet)
            start += len(frames)
