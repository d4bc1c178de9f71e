from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.frame import CropBox
from datasets.media.decode import DecodedFrame, VideoReader
from datasets.media.errors import MediaError
from datasets.media.resample import ClipSpan, read_spans, resample
from datasets.reasons import Reason
from tests.datasets.media.synthetic import LEVEL_STEP, grey, grey_frames, write_video

WHOLE = CropBox(0, 0, 64, 64)


def frames_at(times_s: Iterable[float]) -> list[DecodedFrame]:
    """Frames with times and indices alone."""
    return [
        DecodedFrame(time_s, index, picture=None, geometry=None)  # type: ignore[arg-type]
        for index, time_s in enumerate(times_s)
    ]


def held(times_s: Iterable[float], *arguments: float, **options: float) -> list[int | None]:
    return [frame.index for frame in resample(frames_at(times_s), *arguments, **options)]  # type: ignore


def numbers(clip: np.ndarray | MediaError) -> list[int]:
    """Frame numbers read from a clip's pictures."""
    assert isinstance(clip, np.ndarray)
    return [round((int(level) - grey(0)) / LEVEL_STEP) for level in clip[:, 300, 250]]


def test_a_frame_is_shown_until_the_next_one_comes():
    assert held([0, 0.1, 0.13, 0.2, 0.3], 0.0, 6) == [0, 0, 0, 1, 2, 3]


def test_the_first_frame_stands_where_none_is_earlier():
    assert held([1.0, 1.04, 1.08, 1.12], 0.92, 4) == [0, 0, 0, 1]


def test_times_that_differ_by_rounding_alone_are_the_same():
    thirds = [index * 0.04 + 0.4e-6 for index in range(5)]
    assert held(thirds, 0.0, 5) == [0, 1, 2, 3, 4]


def test_the_last_frame_is_held_for_its_length_and_two_more():
    assert held([0, 0.04, 0.08], 0.0, 6) == [0, 1, 2, 2, 2, 2]
    with pytest.raises(MediaError, match="1 of 7 frames are missing") as caught:
        held([0, 0.04, 0.08], 0.0, 7)
    assert caught.value.reason is Reason.DECODE_ERROR


def test_no_frames_at_all_is_an_error():
    with pytest.raises(MediaError):
        held([], 0.0, 1)


def test_nothing_of_the_following_shot_is_shown():
    assert held([0, 0.04, 0.08, 0.12, 0.16], 0.0, 5, end_s=0.12) == [0, 1, 2, 2, 2]


@given(
    steps=st.lists(st.floats(0.001, 0.5), min_size=1, max_size=30),
    start=st.floats(0, 0.5),
    end=st.floats(0.5, 5),
    rate=st.sampled_from([25.0, 30.0]),
)
def test_each_output_is_the_latest_frame_that_is_neither_late_nor_past_the_end(steps, start, end, rate):
    times = np.concatenate([[0.0], np.cumsum(steps), [np.sum(steps) + 100]])
    for index, frame in enumerate(held(times, start, 20, rate, end_s=end)):
        due = min(start + index / rate, end - 1e-6)
        assert frame == max(np.flatnonzero(times <= due + 0.5e-6))


def test_spans_hold_the_frames_of_their_own_stretch(tmp_path: Path):
    path = write_video(tmp_path / "v.mp4", grey_frames(24), [33 * index for index in range(24)])
    spans = [ClipSpan(0.0, 0.33, 8, WHOLE), ClipSpan(0.33, 0.66, 8, WHOLE), ClipSpan(0.5, 0.8, 6, WHOLE)]
    clips = list(read_spans(path, spans))
    assert [clip.shape for clip in clips] == [(8, 1056, 512), (8, 1056, 512), (6, 1056, 512)]  # type: ignore
    assert numbers(clips[0]) == [0, 1, 2, 3, 4, 6, 7, 8]
    assert numbers(clips[1]) == [10, 11, 12, 13, 14, 16, 17, 18]
    assert numbers(clips[2]) == [15, 16, 17, 18, 20, 21]


def test_a_missing_span_spoils_only_itself(tmp_path: Path):
    path = write_video(tmp_path / "v.mp4", grey_frames(20))
    first, missing = read_spans(path, [ClipSpan(0.0, 0.4, 10, WHOLE), ClipSpan(0.6, 2.6, 50, WHOLE)])
    assert numbers(first) == list(range(10))
    assert isinstance(missing, MediaError)
    assert missing.reason is Reason.DECODE_ERROR


def test_a_span_after_a_long_gap_is_found(tmp_path: Path):
    times_ms = [*range(0, 400, 40), *range(20_000, 20_400, 40)]
    path = write_video(tmp_path / "v.mkv", grey_frames(20), times_ms)
    clips = list(read_spans(path, [ClipSpan(0.0, 0.2, 5, WHOLE), ClipSpan(20.04, 20.2, 4, WHOLE)]))
    assert [numbers(clip) for clip in clips] == [[0, 1, 2, 3, 4], [11, 12, 13, 14]]


def test_spans_out_of_order_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="order"):
        next(read_spans(tmp_path / "v.mp4", [ClipSpan(1, 2, 25, WHOLE), ClipSpan(0, 1, 25, WHOLE)]))


def test_a_frame_that_is_held_is_the_same_picture(tmp_path: Path):
    path = write_video(tmp_path / "v.mkv", grey_frames(4), [0, 200, 400, 600])
    (clip,) = read_spans(path, [ClipSpan(0.0, 0.6, 15, WHOLE)])
    assert numbers(clip) == [0] * 5 + [1] * 5 + [2] * 5
    with VideoReader(path) as reader:
        frames = list(resample(reader.frames(), 0.0, 15))
    assert len({id(frame) for frame in frames}) == 3
