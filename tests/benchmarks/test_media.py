from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import media


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.talker(tmp_path_factory.mktemp("media"), seconds=2, shots=1, size_px=(128, 96))


def pictures(path: Path) -> tuple[list[float], list[np.ndarray]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [frame.time for frame in frames], [frame.to_ndarray() for frame in frames]


def test_a_repeated_video_shows_the_same_pictures_again_at_one_rate(talker: Path):
    times_s, shown = pictures(media.repeated(talker, 3))
    _, once = pictures(talker)
    assert len(once) == 50
    assert times_s == pytest.approx(np.arange(150) / 25)
    assert all(np.array_equal(left, right) for left, right in zip(shown, once * 3, strict=True))


def test_a_repeated_video_keeps_its_sound(talker: Path):
    with av.open(str(media.repeated(talker, 3))) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        rate_hz = container.streams.audio[0].rate
    assert samples / rate_hz == pytest.approx(6, abs=0.2)


def test_a_video_is_made_once(talker: Path):
    made_at = talker.stat().st_mtime_ns
    again = media.talker(talker.parent, seconds=2, shots=1, size_px=(128, 96))
    assert again == talker
    assert again.stat().st_mtime_ns == made_at
