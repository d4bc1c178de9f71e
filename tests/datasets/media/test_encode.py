import io

import av
import cv2
import numpy as np
import pytest

import datasets.media.encode as encode
from datasets.media.encode import count_frames, encode_h264, encode_jpeg, read_frames
from datasets.media.errors import MediaError
from datasets.media.picture import i420_to_rgb
from datasets.reasons import Reason
from tests.datasets.media.synthetic import moving_frames

COUNT = 30


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return moving_frames(COUNT)


@pytest.fixture(scope="module")
def mp4(frames: np.ndarray) -> bytes:
    return encode_h264(frames)


def test_a_clip_is_small_h264_at_25_hz_with_its_index_first(mp4: bytes):
    assert mp4.index(b"moov") < mp4.index(b"mdat")
    with av.open(io.BytesIO(mp4)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 512, 704)
        assert (stream.average_rate, stream.frames, stream.start_time) == (25, COUNT, 0)
        context = stream.codec_context
        assert (context.colorspace, context.color_range, context.pix_fmt) == (6, 1, "yuv420p")


def test_every_twelfth_frame_opens_a_closed_group(mp4: bytes):
    with av.open(io.BytesIO(mp4)) as container:
        frames = list(container.decode(video=0))
    assert [index for index, frame in enumerate(frames) if frame.key_frame] == [0, 12, 24]
    with av.open(io.BytesIO(mp4)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    starts = [index for index, packet in enumerate(packets) if packet.is_keyframe]
    for start, end in zip(starts, [*starts[1:], COUNT], strict=True):
        assert {round(packet.pts / packets[0].duration) for packet in packets[start:end]} == set(
            range(start, end)
        )


def test_the_same_frames_give_the_same_bytes(frames: np.ndarray, mp4: bytes):
    assert encode_h264(frames) == mp4


@pytest.mark.parametrize("count", [1, 2, 12, 13])
def test_the_frame_count_is_kept(frames: np.ndarray, count: int):
    assert count_frames(encode_h264(frames[:count])) == count


def test_a_miscounted_file_is_an_error(frames: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(encode, "count_frames", lambda mp4: 2)
    with pytest.raises(MediaError, match="2 frames of 3") as caught:
        encode_h264(frames[:3])
    assert caught.value.reason is Reason.ENCODE_ERROR


@pytest.mark.parametrize("backend", ["decord", "pyav"])
def test_a_clip_reads_back_as_it_was_written(frames: np.ndarray, mp4: bytes, backend: encode.Backend):
    read = read_frames(mp4, backend=backend)
    assert read.shape == (COUNT, 704, 512, 3)
    difference = np.abs(read.astype(int) - i420_to_rgb(frames))
    assert difference.mean() < 2
    assert np.percentile(difference, 99) <= 6


@pytest.mark.parametrize("backend", ["decord", "pyav"])
def test_frames_come_in_the_order_asked(mp4: bytes, backend: encode.Backend):
    whole = read_frames(mp4, backend=backend)
    wanted = [25, 3, 4, 3, 29, 0]
    assert np.array_equal(read_frames(mp4, wanted, backend), whole[wanted])
    assert read_frames(mp4, [], backend).shape == (0, 704, 512, 3)


def test_both_backends_give_the_same_frames(mp4: bytes):
    wanted = [0, 11, 12, 29]
    difference = read_frames(mp4, wanted, "decord").astype(int) - read_frames(mp4, wanted, "pyav")
    assert np.abs(difference).mean() < 2


@pytest.mark.parametrize("backend", ["decord", "pyav"])
@pytest.mark.parametrize("index", [-1, COUNT])
def test_a_frame_beyond_the_clip_is_refused(mp4: bytes, backend: encode.Backend, index: int):
    with pytest.raises(IndexError, match=f"clip of {COUNT}"):
        read_frames(mp4, [0, index], backend)


def test_a_jpeg_keeps_colours():
    picture = np.full((64, 48, 3), (200, 40, 30), np.uint8)
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(picture), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert decoded.shape == picture.shape
    assert np.abs(decoded.astype(int) - picture).max() <= 6
