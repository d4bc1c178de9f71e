"""A video's way through an ingest without Ray (flows.work), where its file does not hold still."""

import os
from pathlib import Path

import pytest

from datasets.lake import Lake
from datasets.media.errors import MediaError
from datasets.media.guard import Guard, Reply
from datasets.reasons import Reason
from datasets.sources.video import SourceVideo
from flows.ingest_config import IngestConfig
from flows.work import Identity, VideoWork


class DyingGuard(Guard):
    """A guard whose child dies at the first `deaths` calls, and whose calls then find an unreadable file."""

    def __init__(self, deaths: int):
        super().__init__(deadline_s=1, memory_bytes=1)
        self.deaths, self.calls = deaths, 0

    def call(self, function: str, request: dict, *, deadline_s: float | None = None) -> Reply:
        self.calls += 1
        reason = Reason.CRASHED if self.calls <= self.deaths else Reason.UNREADABLE
        raise MediaError(reason, "as the test has it")


@pytest.fixture
def source(tmp_path) -> SourceVideo:
    (tmp_path / "a.mp4").write_bytes(b"first")
    return SourceVideo(uri=str(tmp_path / "a.mp4"))


def work(tmp_path: Path, guard: Guard) -> VideoWork:
    lake = Lake.open(tmp_path / "lake", create=True)
    return VideoWork(lake, guard, IngestConfig(source="-", lake=lake.uri), "run", tmp_path / "scratch")


def test_a_child_that_dies_once_gets_a_second_chance(tmp_path, source):
    guard = DyingGuard(deaths=1)
    one = work(tmp_path, guard)
    surveyed = one.survey(source, one.identify(source))
    assert (guard.calls, surveyed.video["reason"]) == (2, "unreadable")


def test_a_video_whose_child_dies_twice_is_quarantined_as_crashed(tmp_path, source):
    guard = DyingGuard(deaths=9)
    one = work(tmp_path, guard)
    surveyed = one.survey(source, one.identify(source))
    assert (guard.calls, surveyed.video["reason"]) == (2, "crashed")


def test_a_file_replaced_after_it_was_hashed_is_not_stored_under_the_old_id(tmp_path, source):
    class Replacing(DyingGuard):
        def call(self, function: str, request: dict, *, deadline_s: float | None = None) -> Reply:
            Path(source.uri).write_bytes(b"second, longer")
            return Reply({})

    one = work(tmp_path, Replacing(deaths=0))
    known = one.identify(source)
    surveyed = one.survey(source, known)
    assert surveyed.video["reason"] == "changed"
    assert surveyed.video["video_id"] != known.video_id


def test_a_missing_file_is_known_by_its_address(tmp_path):
    gone = SourceVideo(uri=str(tmp_path / "gone.mp4"))
    one = work(tmp_path, DyingGuard(deaths=0))
    known = one.identify(gone)
    assert known.reason is Reason.MISSING
    assert known == Identity(known.video_id, reason=Reason.MISSING, detail=known.detail)
    assert "gone.mp4 cannot be read: No such file or directory" in (known.detail or "")
    assert one.survey(gone, known).video["status"] == "quarantined"


def test_a_pipe_is_refused_since_it_might_never_end(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    known = work(tmp_path, DyingGuard(deaths=0)).identify(SourceVideo(uri=str(tmp_path / "pipe.mp4")))
    assert known.reason is Reason.UNSUPPORTED
    assert (known.detail or "").endswith("pipe.mp4 is a pipe or a device: name a file")
