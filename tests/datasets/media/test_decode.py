from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from datasets.frame import CropBox
from datasets.media.decode import VideoReader, i420_to_rgb
from datasets.media.errors import MediaError
from datasets.media.probe import probe
from datasets.reasons import Reason
from tests.datasets.media.synthetic import LEVEL_STEP, grey, grey_frames, quarters, write_video

CORNERS = {(0, 0): (200, 30, 30), (0, 1): (30, 200, 30), (1, 0): (30, 30, 200), (1, 1): (220, 220, 220)}
QUARTER_TURNS = {0: [(0, 0), (0, 1), (1, 0), (1, 1)], 90: [(1, 0), (0, 0), (1, 1), (0, 1)]}
QUARTER_TURNS |= {180: QUARTER_TURNS[0][::-1], 270: QUARTER_TURNS[90][::-1]}


def corner_colours(picture: np.ndarray) -> list[np.ndarray]:
    """The middles of a picture's quarters: top left, top right, bottom left, bottom right."""
    height, width = picture.shape[:2]
    return [picture[height * y // 4, width * x // 4].astype(int) for y in (1, 3) for x in (1, 3)]


def assert_corners(picture: np.ndarray, rotation_deg: int = 0, within: int = 6) -> None:
    for found, corner in zip(corner_colours(picture), QUARTER_TURNS[rotation_deg], strict=True):
        assert np.abs(found - CORNERS[corner]).max() <= within, (found, CORNERS[corner])


def first_frame(path: Path):
    with VideoReader(path) as reader:
        return next(reader.frames())


def shown(reader: VideoReader, *span: float | None) -> list[tuple[int, int]]:
    """(milliseconds, frame number read from the picture) of each frame."""
    return [
        (round(frame.time_s * 1000), round((int(frame.picture.to_ndarray()[0, 0]) - grey(0)) / LEVEL_STEP))
        for frame in reader.frames(*span)
    ]


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_every_way_to_see_a_rotated_picture_shows_it_upright(tmp_path: Path, rotation_deg: int):
    path = tmp_path / "turned.mp4"
    write_video(path, [quarters(128, 96)], source_format="rgb24", rotation_deg=rotation_deg)
    size = (128, 96) if rotation_deg % 180 == 0 else (96, 128)
    facts = probe(path)
    assert (facts.rotation_deg, facts.width_px, facts.height_px) == (rotation_deg, *size)
    frame = first_frame(path)
    assert frame.rgb().shape == (size[1], size[0], 3)
    assert_corners(frame.rgb(), rotation_deg)
    assert_corners(frame.rgb(64), rotation_deg)
    assert_corners(frame.small_bgr(64)[..., ::-1], rotation_deg)
    assert_corners(i420_to_rgb(frame.i420(CropBox(0, 0, *size))[None])[0], rotation_deg)


@pytest.mark.parametrize(
    ("pixel_format", "colorspace", "color_range"),
    [
        ("yuv420p", 6, 1),
        ("yuv420p", 1, 1),
        ("yuv420p", 2, 1),
        ("yuv420p", 9, 1),
        ("yuvj420p", 6, 2),
        ("yuvj420p", 1, 2),
        ("yuv422p", 1, 1),
        ("yuv444p", 1, 1),
        ("yuv420p10le", 1, 1),
        ("yuv444p", 6, 2),
        ("gray", 6, 1),
    ],
)
def test_a_clips_colours_are_those_of_ffmpegs_own_conversion(
    tmp_path: Path, pixel_format: str, colorspace: int, color_range: int
):
    path = tmp_path / "colours.mp4"
    options = {"pixel_format": pixel_format, "colorspace": colorspace, "color_range": color_range}
    write_video(path, [quarters(128, 96)], source_format="rgb24", **options)
    frame = first_frame(path)
    own = frame.picture.to_ndarray(format="rgb24", src_color_range=frame.picture.color_range)
    clip = i420_to_rgb(frame.i420(CropBox(0, 0, 128, 96), 128, 96)[None])[0]
    for ours, theirs in zip(corner_colours(clip), corner_colours(own), strict=True):
        assert np.abs(ours - theirs).max() <= 4
    if pixel_format != "gray" and colorspace != 2:
        assert_corners(clip)


def test_wide_pixels_are_shown_square(tmp_path: Path):
    path = write_video(
        tmp_path / "wide.mp4", [quarters(96, 64)], source_format="rgb24", pixel_aspect=Fraction(4, 3)
    )
    frame = first_frame(path)
    assert (probe(path).width_px, probe(path).height_px) == (128, 64)
    assert frame.rgb().shape == (64, 128, 3)
    assert frame.small_bgr(64).shape == (32, 64, 3)
    # A crop of the right half in display pixels holds green above white.
    clip = i420_to_rgb(frame.i420(CropBox(64, 0, 64, 64), 64, 64)[None])[0]
    assert np.abs(clip[16, 32].astype(int) - CORNERS[0, 1]).max() <= 6
    assert np.abs(clip[48, 8].astype(int) - CORNERS[1, 1]).max() <= 6


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, 270])
def test_a_crop_is_cut_where_the_upright_picture_shows_it(tmp_path: Path, rotation_deg: int):
    rng = np.random.default_rng(0)
    noise = np.kron(rng.integers(40, 220, (6, 8, 1)), np.ones((16, 16, 3))).astype(np.uint8)
    path = write_video(tmp_path / "n.mp4", [noise], source_format="rgb24", rotation_deg=rotation_deg)
    frame = first_frame(path)
    clip = i420_to_rgb(frame.i420(CropBox(16, 32, 48, 32), 48, 32)[None])[0]
    assert np.abs(clip.astype(int) - frame.rgb()[32:64, 16:64]).max() <= 4


def test_a_crop_outside_the_picture_repeats_its_edge(tmp_path: Path):
    path = write_video(tmp_path / "edge.mp4", [quarters(128, 96)], source_format="rgb24")
    clip = i420_to_rgb(first_frame(path).i420(CropBox(-64, -48, 128, 96), 128, 96)[None])[0]
    assert np.abs(clip[10, 10].astype(int) - CORNERS[0, 0]).max() <= 6
    assert np.abs(clip[80, 110].astype(int) - CORNERS[0, 0]).max() <= 6


def test_sizes_of_small_pictures_are_even_and_never_enlarged(tmp_path: Path):
    path = write_video(
        tmp_path / "odd.mp4", [quarters(75, 51)], source_format="rgb24", pixel_format="yuv444p"
    )
    frame = first_frame(path)
    assert frame.small_bgr(256).shape == (52, 76, 3)
    assert frame.small_bgr(32).shape == (22, 32, 3)
    assert_corners(frame.small_bgr(32)[..., ::-1])


def test_high_dynamic_range_is_brought_down_to_an_ordinary_screen(tmp_path: Path):
    # PQ codes of 203 cd/m2 (reference white, ITU-R BT.2408: 58 %) and of black, limited range, 10 bits in 16.
    white = np.full((96, 64), 128 << 2, np.uint16)
    white[:64] = round(64 + 0.58 * 876)
    white[:64, 32:] = 64
    path = tmp_path / "hdr.mkv"
    write_hdr10(path, white)
    frame = first_frame(path)
    rgb = frame.rgb()
    assert rgb[32, 48].max() <= 4
    assert 215 <= rgb[32, 16].min() <= rgb[32, 16].max() <= 245
    clip = i420_to_rgb(frame.i420(CropBox(0, 0, 64, 64), 64, 64)[None])[0]
    assert np.abs(clip[32, 16].astype(int) - rgb[32, 16]).max() <= 4


def write_hdr10(path: Path, i420: np.ndarray) -> None:
    """One 64 x 64 picture of 10-bit I420 codes (96, 64), tagged BT.2020 and PQ."""
    frame = av.VideoFrame(64, 64, "yuv420p10le")
    codes = np.split(i420.reshape(-1), [4096, 5120])
    for plane, values in zip(frame.planes, codes, strict=True):
        rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
        rows[:, : plane.width] = values.reshape(plane.height, plane.width)
        plane.update(rows.tobytes())
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        for target in (frame, stream.codec_context):
            target.colorspace, target.color_range, target.color_trc, target.color_primaries = 9, 1, 16, 9
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_times_count_from_the_first_picture_and_follow_the_file(tmp_path: Path):
    times_ms = [500, 540, 700, 710, 1000]
    path = write_video(tmp_path / "late.mkv", grey_frames(5), times_ms)
    with VideoReader(path) as reader:
        assert shown(reader) == [(0, 0), (40, 1), (200, 2), (210, 3), (500, 4)]
        assert [frame.index for frame in reader.frames()] == [0, 1, 2, 3, 4]
        assert reader.facts.first_picture_s == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["seek.mp4", "seek.mkv", "seek.avi", "seek.ts"])
@pytest.mark.parametrize("start_ms", [0, 10, 399, 400, 401, 520, 880])
def test_a_late_start_gives_the_same_frames_as_reading_on(tmp_path: Path, name: str, start_ms: int):
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    path = write_video(tmp_path / name, grey_frames(24), codec=codec)
    with VideoReader(path) as reader:
        every = shown(reader)
        from_start = [item for item in every if item[0] + 40 > start_ms and item[0] < 900]
        assert shown(reader, start_ms / 1000, 0.9) == from_start


def test_frames_stop_before_the_end(tmp_path: Path):
    with VideoReader(write_video(tmp_path / "v.mp4", grey_frames(10))) as reader:
        assert [time for time, _ in shown(reader, None, 0.12)] == [0, 40, 80]
        assert [time for time, _ in shown(reader, None, 0.121)] == [0, 40, 80, 120]


def test_a_frame_outlives_its_reader(tmp_path: Path):
    frame = first_frame(write_video(tmp_path / "v.mp4", grey_frames(3)))
    assert frame.small_bgr(64).shape == (64, 64, 3)


def test_damage_in_the_middle_costs_only_its_frames(tmp_path: Path):
    path = write_video(tmp_path / "v.mp4", grey_frames(24))
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    position, size = packets[7]
    data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    with VideoReader(path) as reader:
        frames = list(reader.frames())
    assert 20 <= len(frames) <= 23
    assert frames[-1].time_s == pytest.approx(0.92)


def test_a_file_cut_short_gives_what_it_has(tmp_path: Path):
    path = write_video(tmp_path / "v.mkv", grey_frames(24))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with VideoReader(path) as reader:
        assert 2 <= len(list(reader.frames())) < 24


@pytest.mark.parametrize("name", ["-n.mp4", "a:b.mp4", "http:x.mp4", "concat:a|b.mp4", "%03d.mp4", "é ü.mp4"])
def test_a_strange_name_is_just_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    write_video(tmp_path / "plain.mp4", grey_frames(3)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(Path(name)).width_px == 64


def test_files_that_hold_no_video_say_why(tmp_path: Path):
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nv.mp4\n"
    content = {"text.mp4": b"not a video", "empty.mp4": b"", "list.m3u8": playlist.encode()}
    reasons = {}
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
        reasons[name] = reason_of(tmp_path / name)
    assert reasons == {
        "text.mp4": Reason.UNREADABLE,
        "empty.mp4": Reason.UNREADABLE,
        "list.m3u8": Reason.UNSUPPORTED,
    }
    assert reason_of(tmp_path / "missing.mp4") is Reason.MISSING
    assert reason_of(tmp_path) is Reason.UNREADABLE


def test_sound_alone_is_no_video(tmp_path: Path):
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert reason_of(path) is Reason.NO_VIDEO


def reason_of(path: Path) -> Reason:
    with pytest.raises(MediaError) as caught:
        probe(path)
    return caught.value.reason
