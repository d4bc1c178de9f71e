"""What counts as found, and copies that ffmpeg makes."""

from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.copies import COPIES, Print, copied
from benchmarks.duplicates import Source, _found, _kept_apart, smooth_hashes
from benchmarks.media import talker

HASHES = smooth_hashes(np.random.default_rng(0), 4)
SOURCES = [Source("one", "rendered", Path()), Source("other", "rendered", Path())]


def prints(**copies: Print) -> dict[tuple[str, str], Print]:
    """Two recordings, and a copy of each."""
    kept = {("one", "original"): Print((HASHES[0],), ()), ("other", "original"): Print((HASHES[1],), ())}
    return kept | {(name, "crf 35"): copy for name, copy in copies.items()}


def test_recall_counts_every_copy_and_tells_what_would_leak():
    found, missed = Print((HASHES[0][3:],), ()), Print((HASHES[2],), ())
    row = next(_found(SOURCES, {"crf 35": None}, prints(one=found, other=missed)))
    assert (row.value, row.met) == (0.5, False)
    assert row.parts == {"copies": 2, "missed": 1, "kept": 2, "kept and missed": 1}


def test_a_copy_that_is_found_by_a_clip_that_is_not_kept_leaks():
    copy = Print((HASHES[2],), (HASHES[0],))
    row = next(_found(SOURCES[:1], {"crf 35": None}, prints(one=copy)))
    assert (row.value, row.parts["kept and missed"]) == (1.0, 1)


def test_without_clips_there_is_no_recall():
    none = prints(one=Print((), ()), other=Print((), ()))
    assert next(_found(SOURCES, {"crf 35": None}, none)).value is None


def test_different_recordings_that_are_joined_are_counted():
    row = _kept_apart(SOURCES, prints(one=Print((HASHES[0],), ()), other=Print((HASHES[2],), (HASHES[0],))))
    assert (row.value, row.met, row.parts["videos"]) == (1, False, 4)
    row = _kept_apart(SOURCES, prints(one=Print((HASHES[0],), ()), other=Print((), (HASHES[1],))))
    assert (row.value, row.met, row.parts["joined rightly"]) == (0, True, 2)


@pytest.mark.parametrize(
    ("kind", "frames", "size_px"),
    [("half size", 50, (64, 64)), ("20 fps", 40, (128, 128)), ("without the first third", 33, (128, 128))],
)
def test_copies_are_what_they_are_called(tmp_path, kind, frames, size_px):
    source = talker(tmp_path, seconds=2, shots=1, size_px=(128, 128))
    with copied(source, COPIES[kind], 2.0) as copy, av.open(str(copy)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == size_px
        assert abs(sum(1 for _ in container.decode(stream)) - frames) <= 1
