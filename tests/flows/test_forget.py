"""`emo2 forget`: what it says beforehand, whom it asks, and whom it waits for."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from datasets.sources.video import SourceVideo
from datasets.takedown.plan import TakedownError, plan_takedown
from datasets.takedown.takedown import unfinished
from flows.claims import Claims, Found
from flows.forget import forget_videos
from flows.liveness import alive
from flows.work import Identity
from tests.datasets.plain_snapshots import plain_snapshot

JANE, JOHN = "ab" * 32, "ac" * 32


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two videos of two people, the first with two clips, a snapshot of all and what was trained on it."""
    made = Lake.open(tmp_path / "lake", create=True)
    put(made, "clip_media", {"clip_id": "j1", "mp4": bytes(1000)}, {"clip_id": "j2", "mp4": bytes(500)})
    put(made, "clips", *({"clip_id": clip, "video_id": JANE, "keep": True} for clip in ("j1", "j2")))
    videos = [
        {"video_id": JANE, "uri": "/films/jane.mp4", "speaker": "Jane", "status": "ingested", "run_id": "in"},
        {"video_id": JOHN, "uri": "/films/john.mp4", "speaker": "John", "status": "ingested", "run_id": "in"},
    ]
    put(made, "videos", *videos)
    put(made, "runs", {"run_id": "in", "flow": "ingest", "params": '{"report": "/tmp/else.html"}'})
    put(
        made,
        "runs",
        {"run_id": "train-1", "flow": "train", "tag": "all", "counts": '{"checkpoint": "/c/1.pt"}'},
    )
    plain_snapshot(made, "all")
    return made


def put(lake: Lake, table: str, *rows: dict) -> None:
    lake.append(table, lake.write_fragments(table, table_of(table, rows)))


def statuses(lake: Lake) -> dict[str, str]:
    rows = lake.table("videos").to_table(columns=["video_id", "status"]).to_pylist()
    return {row["video_id"]: row["status"] for row in rows}


def test_the_plan_names_videos_clips_bytes_snapshots_checkpoints_and_reports(lake):
    plan = plan_takedown(lake, video_ids=["ababab"])
    (video,) = plan.videos
    assert (video.video_id, video.address) == (JANE, "/films/jane.mp4")
    assert (video.clips, video.film_bytes) == (2, 1500)
    assert plan.snapshots == ("all",)
    (use,) = plan.training
    assert (use.run_id, use.checkpoints) == ("train-1", ("/c/1.pt",))
    assert plan.reports == ("/tmp/else.html",)


def test_a_video_that_no_snapshot_chose_withdraws_none(lake):
    assert plan_takedown(lake, video_ids=[JOHN]).snapshots == ()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"video_ids": ["a"]}, "holds no video 'a': give its id, at least 6 digits"),
        ({"video_ids": ["ffffff"]}, "holds no video 'ffffff'"),
        ({}, "give either video ids or --where"),
        ({"video_ids": [JANE], "where": "TRUE"}, "give either video ids or --where"),
    ],
)
def test_a_choice_that_is_none_is_refused(lake, given, sentence):
    with pytest.raises(TakedownError, match=sentence):
        plan_takedown(lake, **given)


def test_a_beginning_of_two_ids_is_refused(lake):
    put(lake, "videos", {"video_id": JANE[:-1] + "0"})
    with pytest.raises(TakedownError, match=r"2 videos of .* begin with 'ababab'"):
        plan_takedown(lake, video_ids=["ababab"])


def test_a_video_whose_ingest_was_killed_before_its_row_can_be_taken_down(lake):
    put(lake, "clips", {"clip_id": "x", "video_id": "ef" * 32})
    forget_videos(lake, plan_takedown(lake, video_ids=["ef" * 32]))
    assert statuses(lake)["ef" * 32] == "forgotten"
    assert lake.table("clips").count_rows() == 2


def test_the_command_shows_asks_nobody_with_yes_and_removes(lake, emo2):
    code, out, _ = emo2("forget", "--where", "speaker = 'Jane'", "--lake", lake.uri, "--yes")
    assert code == 0
    assert "/films/jane.mp4" in out
    assert "/c/1.pt" in out
    assert "1 videos with 2 clips are forgotten; withdrawn: all" in out
    assert statuses(lake) == {JANE: "forgotten", JOHN: "ingested"}
    assert lake.table("clips").count_rows() == 0
    (run,) = lake.table("runs").to_table(filter="flow = 'forget'").to_pylist()
    assert run["state"] == "completed"
    assert "Jane" not in run["params"]
    assert json.loads(run["counts"])["snapshots"] == ["all"]


def test_forgetting_again_has_nothing_to_do(lake, emo2):
    emo2("forget", JANE, "--lake", lake.uri, "--yes")
    before = lake.versions()
    code, out, _ = emo2("forget", JANE, "--lake", lake.uri, "--yes")
    assert code == 0
    assert "nothing to remove" in out
    assert lake.versions() == before


def test_without_a_terminal_and_without_yes_nothing_happens(lake, emo2):
    before = lake.versions()
    code, _, err = emo2("forget", JANE, "--lake", lake.uri)
    assert code == 2
    assert "add --yes" in err
    assert lake.versions() == before


def test_a_dry_run_shows_and_changes_nothing(lake, emo2):
    before = lake.versions()
    code, out, _ = emo2("forget", JANE, "--lake", lake.uri, "--dry-run", "--json")
    assert code == 0
    assert json.loads(out)["videos"][0]["video_id"] == JANE
    assert lake.versions() == before


def test_beside_a_run_at_work_it_refuses_and_names_it(lake, emo2):
    put(
        lake,
        "runs",
        {"run_id": "ingest-7", "flow": "ingest", "state": "running", "started_at": datetime.now(UTC)},
    )
    with alive(lake, "ingest-7"):
        code, _, err = emo2("forget", JANE, "--lake", lake.uri, "--yes")
    assert code == 2
    assert "ingest-7" in err
    assert statuses(lake)[JANE] == "ingested"
    assert emo2("forget", JANE, "--lake", lake.uri, "--yes")[0] == 0


def test_a_run_that_starts_meanwhile_stops_it_and_the_next_run_finishes(lake):
    plan = plan_takedown(lake, where="speaker = 'Jane'")
    row = {"run_id": "ingest-7", "flow": "ingest", "state": "running", "started_at": datetime.now(UTC)}
    with alive(lake, "ingest-7"):

        def told(step: str) -> None:
            if step == "clips: rows":
                lake.upsert("runs", table_of("runs", [row]), on="run_id")

        with pytest.raises(LakeError, match="ingest-7"):
            forget_videos(lake, plan, told)
    assert unfinished(lake) == [JANE]
    again = plan_takedown(lake, where="speaker = 'nobody'")
    assert again.resumed == (JANE,)
    forget_videos(lake, again)
    assert unfinished(lake) == []


def test_wrong_sql_is_one_sentence(lake, emo2):
    code, _, err = emo2("forget", "--where", "speakr = 'Jane'", "--lake", lake.uri, "--yes")
    assert code == 2
    assert "speaker" in err
    assert err.count("\n") == 1


def test_the_next_ingest_refuses_the_video_wherever_it_lies_now(lake):
    forget_videos(lake, plan_takedown(lake, video_ids=[JANE]))
    found = [Found(SourceVideo(f"/elsewhere/{video}.mp4"), Identity(video)) for video in (JANE, "dd" * 32)]
    taken = Claims(lake, "ingest-8").take(found)
    assert taken.forgotten == 1
    assert [each.identity.video_id for each in taken.mine] == ["dd" * 32]
