"""What waits in a lake, and what killed runs left in it (flows.doctor.lake)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from flows.doctor.finding import Finding
from flows.doctor.lake import lake as look
from flows.liveness import alive


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def found(scope, lake):
    """What is found in the lake, by what."""

    def look_again() -> dict[str, Finding]:
        return {each.what: each for each in look(replace(scope, lake=lake.uri))}

    return look_again


def test_no_lake_was_named(scope):
    (found,) = look(scope)
    assert (found.state, "--lake" in found.text) == ("ok", True)


def test_an_empty_lake_is_in_order(found):
    assert {each.state for each in found().values()} == {"ok"}
    assert "0 clips; versions: videos 1" in found()["lake"].text


def test_a_lake_that_is_not_there_is_a_warning(scope, tmp_path):
    (found,) = look(replace(scope, lake=str(tmp_path / "none")))
    assert (found.state, "first ingest" in found.remedy) == ("warning", True)


def test_a_lake_that_is_a_file_is_a_problem(scope, tmp_path):
    (tmp_path / "lake.txt").touch()
    (found,) = look(replace(scope, lake=str(tmp_path / "lake.txt")))
    assert found.state == "problem"
    assert found.remedy


def test_a_folder_without_tables_is_a_problem(scope, tmp_path):
    (found,) = look(replace(scope, lake=str(tmp_path)))
    assert (found.state, "no lake" in found.text) == ("problem", True)


def test_credentials_in_an_address_are_a_problem_and_are_not_repeated(scope):
    (found,) = look(replace(scope, lake="s3://ann:geheim@bucket/lake"))
    assert (found.state, "geheim" in found.text + found.remedy) == ("problem", False)


def test_quarantined_videos_are_a_warning(lake, found):
    row = {"video_id": "a", "status": "quarantined", "reason": "timeout", "uri": "/x.mp4"}
    lake.upsert("videos", table_of("videos", [row]), on="video_id")
    assert found()["quarantine"].text == "1 videos and 0 clips"
    assert "quarantine-retry" in found()["quarantine"].remedy


def test_clips_without_labels_are_a_warning_that_names_the_annotator(lake, found):
    clip = {"clip_id": "c", "video_id": "v", "keep": True}
    lake.append("clips", lake.write_fragments("clips", table_of("clips", [clip])))
    assert found()["annotations"].state == "warning"


def test_a_killed_run_is_told_from_one_at_work(lake, found):
    rows = [
        {"run_id": name, "flow": "ingest", "state": "running", "started_at": datetime.now(UTC)}
        for name in ("killed", "working")
    ]
    lake.upsert("runs", table_of("runs", rows), on="run_id")
    with alive(lake, "working"):
        assert found()["runs"].text == "killed: said to be running, and killed"
        assert found()["runs"].state == "warning"


def test_a_hold_of_the_commits_that_does_not_end_is_a_warning_that_names_the_holder(lake, found, monkeypatch):
    monkeypatch.setattr("flows.doctor.lake._LOOKED_S", 0.05)
    assert found()["commits"].state == "ok"
    with committing(lake):
        held = found()["commits"]
    assert (held.state, held.text.startswith("process ")) == ("warning", True)
    assert found()["commits"].state == "ok"
