"""A second try after a fix takes in just what was quarantined (flows.quarantine, emo2 quarantine)."""

import json

import pytest

from datasets.lake import Lake
from datasets.rows import table_of
from datasets.sources.video import SourceSpan
from datasets.talker import write_talker
from flows.ingest_config import IngestConfig
from flows.ledger import recorded
from flows.quarantine import videos_to_retry
from flows.quarantine_config import RetryConfig


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


def quarantine(lake: Lake, config: IngestConfig, *rows: dict) -> None:
    """As an ingest with this configuration would have."""
    with recorded(lake, "ingest", config) as run:
        values = [{"status": "quarantined", "reason": "timeout", "run_id": run.run_id, **row} for row in rows]
        lake.upsert("videos", table_of("videos", values), on="video_id")


def test_each_video_is_tried_again_as_the_run_that_gave_up_on_it_was_configured(lake):
    quarantine(lake, IngestConfig(source="/gone", lake=lake.uri, annotators=("body",)), {"video_id": "a"})
    quarantine(lake, IngestConfig(source="/gone", lake=lake.uri, annotators=()), {"video_id": "b"})
    chosen = videos_to_retry(lake, RetryConfig(lake=lake.uri))
    assert [config.annotators for config, _ in chosen] == [("body",), ()]


def test_spans_speaker_and_the_place_of_the_face_are_those_of_the_source(lake, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("abc,1.0,4.0,0.25,0.5\nabc,6.0,9.0,0.75,0.5\n")
    uri = str(tmp_path / "abc.mp4")
    (tmp_path / "abc.mp4").write_bytes(b"")
    row = {"video_id": "a", "uri": uri, "spans": "[[1.0, 4.0]]", "speaker": None}
    quarantine(lake, IngestConfig(source=str(listed), lake=lake.uri), row)
    ((_, (video,)),) = videos_to_retry(lake, RetryConfig(lake=lake.uri))
    assert [(span.start_s, span.face_x) for span in video.spans] == [(1.0, 0.25)]


def test_a_source_that_is_gone_is_made_up_from_the_rows(lake):
    row = {
        "video_id": "a",
        "uri": "/x.mp4",
        "spans": "[[1.0, 4.0]]",
        "speaker": "ann",
        "metadata": '{"k": 1}',
    }
    quarantine(lake, IngestConfig(source="/gone.csv", lake=lake.uri), row)
    ((_, (video,)),) = videos_to_retry(lake, RetryConfig(lake=lake.uri))
    assert (video.uri, video.speaker, video.metadata) == ("/x.mp4", "ann", {"k": 1})
    assert video.spans == (SourceSpan(1.0, 4.0),)


def test_a_lake_without_quarantine_has_nothing_to_retry(lake):
    assert videos_to_retry(lake, RetryConfig(lake=lake.uri)) == []


def test_the_list_is_printed_for_people_and_for_programs(emo2, lake):
    quarantine(lake, IngestConfig(source="/gone", lake=lake.uri), {"video_id": "a", "uri": "/x.mp4"})
    code, out, _ = emo2("quarantine", "list", "--lake", lake.uri)
    assert (code, "1 quarantined" in out, "timeout" in out) == (0, True, True)
    code, out, _ = emo2("quarantine", "list", "--lake", lake.uri, "--json")
    assert json.loads(out)["uri"] == "/x.mp4"
    code, _, err = emo2("quarantine", "list", "--lake", lake.uri, "--reason", "bored")
    assert (code, "'bored' is no reason of quarantine" in err) == (2, True)


@pytest.mark.slow
def test_a_file_that_was_broken_and_one_that_was_missing_are_taken_in_after_the_fix(emo2, tmp_path):
    folder, lake_folder = tmp_path / "videos", tmp_path / "lake"
    folder.mkdir()
    (folder / "manifest.csv").write_text("uri,speaker\nbroken.mp4,ann\nmissing.mp4,bob\n")
    (folder / "broken.mp4").write_bytes(b"no video")
    code, out, _ = emo2(
        "ingest", folder / "manifest.csv", "--lake", lake_folder, "--annotators", "fingerprint"
    )
    assert (code, "0 ingested, 0 already known, 2 quarantined" in out) == (0, True)
    write_talker(folder / "missing.mp4", seconds=3, shots=1, seed=1)
    code, out, _ = emo2("quarantine", "retry", "--lake", lake_folder)
    assert (code, "2 videos: 1 ingested, 0 already known, 1 quarantined" in out) == (0, True)
    videos = Lake.open(lake_folder).table("videos").to_table(columns=["uri", "status", "speaker"]).to_pylist()
    assert sorted((row["speaker"], row["status"]) for row in videos) == [
        ("ann", "quarantined"),
        ("bob", "ingested"),
    ]
    code, out, _ = emo2("quarantine", "retry", "--lake", lake_folder, "--reason", "missing")
    assert (code, "0 videos" in out) == (0, True)


def test_a_source_outside_the_roots_is_not_opened_again(lake, tmp_path, monkeypatch):
    listed = tmp_path / "list.csv"
    listed.write_text("abc,1.0,4.0,0.25,0.5\n")
    uri = str(tmp_path / "abc.mp4")
    (tmp_path / "abc.mp4").write_bytes(b"")
    row = {"video_id": "a", "uri": uri, "spans": "[[1.0, 4.0]]"}
    quarantine(lake, IngestConfig(source=str(listed), lake=lake.uri), row)
    monkeypatch.setenv("EMO2_ROOTS", lake.uri)
    ((_, (video,)),) = videos_to_retry(lake, RetryConfig(lake=lake.uri))
    assert video.spans[0].face_x is None  # known to the list alone
