"""`emo2 maintain` beside runs at work, runs that died and takedowns that were interrupted."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from datasets.takedown.takedown import Guards, forget
from flows.ledger import recorded
from flows.liveness import alive
from flows.upkeep.maintain_config import MaintainConfig
from flows.upkeep.maintain_work import maintain_lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake.open(tmp_path / "lake", create=True)
    for clip in "abc":
        made.append("clips", made.write_fragments("clips", table_of("clips", [{"clip_id": clip}])))
    return made


def config(lake: Lake, **options: object) -> MaintainConfig:
    return MaintainConfig(lake=lake.uri, **options)


def add_run(lake: Lake, run_id: str, flow: str, **columns: str) -> None:
    row = {"run_id": run_id, "flow": flow, "state": "running", "started_at": datetime.now(UTC)} | columns
    lake.upsert("runs", table_of("runs", [row]), on="run_id")


def versions(lake: Lake, table: str = "clips") -> list[int]:
    return [version["version"] for version in lake.table(table).versions()]


def test_fragments_are_merged_old_versions_removed_and_the_run_is_on_record(lake):
    done = maintain_lake(config(lake, keep_days=0))
    (clips,) = (each for each in done.tables if each.table == "clips")
    assert (clips.compacted.fragments_before, clips.compacted.fragments_after) == (3, 1)
    assert len(versions(lake)) == 1
    (run,) = lake.table("runs").to_table().to_pylist()
    assert (run["flow"], run["state"]) == ("maintain", "completed")
    counted = {table["table"]: table for table in json.loads(run["counts"])["tables"]}
    assert counted["clips"]["fragments_after"] == 1


def test_a_second_run_finds_nothing_to_do_in_clips(lake):
    maintain_lake(config(lake, keep_days=0))
    before = versions(lake)
    (clips,) = (each for each in maintain_lake(config(lake, keep_days=0)).tables if each.table == "clips")
    assert (clips.compacted.bytes, clips.removed.versions) == (0, 0)
    assert versions(lake) == before


def test_a_dry_run_changes_no_table_and_records_nothing(lake):
    before = lake.versions()
    done = maintain_lake(config(lake, keep_days=0, dry_run=True))
    assert lake.versions() == before
    assert "2 fragments would be merged" in done.sentence(lake.uri)


def test_the_version_a_run_at_work_has_pinned_stays_until_it_ends(lake):
    with alive(lake, "train-1"):
        add_run(lake, "train-1", "train", versions_read='{"clips": 2}')
        maintain_lake(config(lake, keep_days=0))
        assert versions(lake)[:3] == [2, 3, 4]
    maintain_lake(config(lake, keep_days=0))
    assert len(versions(lake)) == 1


def test_clips_are_not_merged_under_a_re_annotation_and_the_report_says_why(lake):
    with alive(lake, "reannotate-1"):
        add_run(lake, "reannotate-1", "reannotate")
        done = maintain_lake(config(lake))
    (clips,) = (each for each in done.tables if each.table == "clips")
    assert clips.compacted.fragments_after == 3
    assert "reannotate-1 is at work" in clips.note


def test_killed_runs_are_ended_and_counted(lake):
    add_run(lake, "ingest-1", "ingest")
    assert maintain_lake(config(lake)).runs_ended == 1
    (state,) = lake.table("runs").to_table(filter="run_id = 'ingest-1'")["state"].to_pylist()
    assert state == "failed"


def test_two_maintenances_at_once_and_one_beside_a_takedown_are_refused(lake):
    for flow, doing in (("maintain", "is at work"), ("forget", "is taking videos out")):
        with (
            recorded(lake, flow, config(lake)) as other,
            pytest.raises(LakeError, match=f"{other.run_id} {doing}"),
        ):
            maintain_lake(config(lake))


def test_an_interrupted_takedown_is_told_with_the_command_that_finishes_it(lake):
    lake.upsert("videos", table_of("videos", [{"video_id": "v" * 64, "uri": "/v.mp4"}]), on="video_id")

    def die(step: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        forget(lake, ["v" * 64], run_id="r", guards=Guards(told=die))
    done = maintain_lake(config(lake))
    assert f"run `emo2 forget {'v' * 64} --lake {lake.uri}`" in done.sentence(lake.uri)


def orphan(lake: Lake, days: float) -> Path:
    lake.write_fragments("clips", table_of("clips", [{"clip_id": "orphan"}]))
    file = max((Path(lake.uri) / "clips" / "data").glob("*.lance"), key=lambda path: path.stat().st_mtime)
    os.utime(file, (time.time() - 86400 * days,) * 2)
    return file


def test_orphans_are_reported_and_removed_on_request_alone(lake, emo2):
    file = orphan(lake, days=10)
    code, out, _ = emo2("maintain", "--lake", lake.uri, "--json")
    assert code == 0
    (clips,) = (table for table in json.loads(out)["tables"] if table["table"] == "clips")
    (listed,) = clips["orphans"]
    assert listed["path"] == f"data/{file.name}"
    assert listed["bytes"] == file.stat().st_size
    assert listed["age_days"] == pytest.approx(10, abs=0.1)
    emo2("maintain", "--lake", lake.uri, "--remove-orphans")
    assert not file.exists()


def test_the_table_for_people_names_every_table(lake, emo2):
    code, out, _ = emo2("maintain", "--lake", lake.uri, "--dry-run")
    assert code == 0
    assert all(name in out for name in ("videos", "clips", "clip_media", "runs"))
    assert "2 fragments would be merged" in out


@pytest.mark.slow
def test_the_flow_ends_with_the_sentence_and_refuses_what_is_no_lake(lake, tmp_path):
    from flows.maintain import maintain  # Prefect takes seconds to import
    from flows.run_states import REFUSED
    from tests.flows.run_page.pages import cells, name_of, page_of

    state = maintain(config(lake, keep_days=0), return_state=True)
    assert state.is_completed()
    assert (state.message or "").startswith("2 fragments were merged")
    page = page_of(state)
    assert cells(page["counts"])["clips: fragments merged"] == 2
    (table,) = (row for row in json.loads(page["versions"].data) if row["table"] == "clips")
    assert (table["rows added"], table["version after"]) == (0, lake.table("clips").version)
    assert name_of(state).startswith("maintain-20")
    refused = maintain(MaintainConfig(lake=str(tmp_path / "none"), dry_run=True), return_state=True)
    assert (refused.name, refused.is_failed()) == (REFUSED, True)
