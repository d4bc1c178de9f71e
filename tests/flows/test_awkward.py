"""Awkward real files, each through a whole ingest's work: accounted for, in time, no harm to its neighbours."""

import time
from pathlib import Path

import pytest

from datasets.lake import Lake
from datasets.media.guard import Guard
from datasets.sources.source import open_source
from datasets.talker import write_talker
from flows.accounting import Counts
from flows.ingest_config import IngestConfig
from flows.work import Outcome, VideoWork, join

DEADLINE_S = 120


@pytest.fixture(scope="module")
def folder(media, tmp_path_factory) -> Path:
    """The awkward files and a good one, seen from one folder."""
    folder = tmp_path_factory.mktemp("awkward")
    for path in (media / "awkward").iterdir():
        (folder / path.name).symlink_to(path)
    write_talker(folder / "good.mp4", seconds=3, shots=1, width_px=640, height_px=360)
    return folder


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory) -> dict[str, tuple[dict, Outcome, float]]:
    """File name -> row of `videos`, what became of its clips, seconds taken."""
    scratch = tmp_path_factory.mktemp("scratch")
    lake = Lake.open(tmp_path_factory.mktemp("lakes") / "lake", create=True)
    config = IngestConfig(source=str(folder), lake=lake.uri, annotators=())
    results = {}
    with Guard(DEADLINE_S, config.limits.memory_mb << 20, scratch=scratch) as guard:
        work = VideoWork(lake, guard, config, "run", scratch)
        for source in open_source(config.source):
            began_s = time.monotonic()
            known = work.identify(source)
            surveyed = work.survey(source, known)
            made = [work.make(source, known, surveyed.plans)] if surveyed.plans else []
            taken_s = time.monotonic() - began_s
            results[Path(source.uri).name] = (surveyed.video, join([surveyed.outcome, *made]), taken_s)
    return results


def test_every_file_is_taken(folder, done):
    assert sorted(done) == sorted(path.name for path in folder.iterdir())


def test_each_video_is_ingested_or_quarantined_with_a_reason(done):
    for name, (row, _, _) in done.items():
        assert row["status"] == "ingested" or (row["reason"] and row["detail"]), name
    assert done["truncated_no_moov.mp4"][0]["reason"] == "unreadable"
    assert done["-video-with-dash-.mp4"][0]["status"] == "ingested"


def test_each_file_is_done_within_its_deadline(done):
    assert {name: taken_s for name, (_, _, taken_s) in done.items() if taken_s > DEADLINE_S} == {}


def counted(outcome: Outcome) -> Counts:
    """As a commit counts them: with what became of each clip."""
    return outcome.counts + (Counts() if outcome.clips is None else Counts.of_clips(outcome.clips))


def test_every_clip_of_every_file_is_accounted_for(done):
    for name, (row, outcome, _) in done.items():
        counts = counted(outcome)
        assert counts.clips == (row.get("n_clips") or 0), name
        (counts + Counts(videos=1, videos_ingested=1)).check()


def test_the_good_file_beside_them_is_unaffected(done):
    row, outcome, _ = done["good.mp4"]
    assert (row["status"], row["n_frames"]) == ("ingested", 75)
    counts = counted(outcome)
    assert (counts.clips, counts.clips_quarantined) == (1, 0)
