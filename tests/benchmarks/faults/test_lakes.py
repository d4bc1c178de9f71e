"""Two small lakes without media: what the comparison tells must be what was done to one of them."""

from pathlib import Path

import pytest

from benchmarks.faults.lakes import clips_redone, contents, difference, leftovers, running
from datasets.lake import Lake
from datasets.rows import table_of
from flows.accounting import Counts
from flows.group_commit import GroupCommit, Uncommitted
from flows.work import Media, Outcome

CLIPS = [
    {"clip_id": "a", "video_id": "v", "n_frames": 50, "keep": True},
    {"clip_id": "b", "video_id": "v", "n_frames": 60, "keep": True},
]
MEDIA = [{"clip_id": "a", "audio": b"sound a"}, {"clip_id": "b", "audio": b"sound b"}]
VIDEOS = [{"video_id": "v", "uri": "/videos/v.mp4", "status": "ingested"}]


def put(lake: Lake, table: str, rows: list[dict]) -> None:
    lake.append(table, lake.write_fragments(table, table_of(table, rows)))


def make(path: Path, *, run_id: str = "one", clips=CLIPS, media=MEDIA, videos=VIDEOS) -> Lake:
    lake = Lake.open(path, create=True)
    put(lake, "clips", [{**row, "run_id": run_id} for row in clips])
    put(lake, "clip_media", media)
    put(lake, "videos", [{**row, "run_id": run_id} for row in videos])
    return lake


@pytest.fixture
def reference(tmp_path):
    make(tmp_path / "reference")
    return contents(tmp_path / "reference")


def counts(found) -> tuple[int, int, int]:
    return found.lost, found.doubled, found.changed


def test_a_lake_of_another_run_is_equal(reference, tmp_path):
    make(tmp_path / "lake", run_id="another")
    assert counts(difference(reference, tmp_path / "lake")) == (0, 0, 0)


def test_a_clip_that_is_not_there_is_lost(reference, tmp_path):
    make(tmp_path / "lake", clips=CLIPS[:1], media=MEDIA[:1])
    assert counts(difference(reference, tmp_path / "lake")) == (1, 0, 0)


def test_a_clip_without_its_media_has_changed(reference, tmp_path):
    make(tmp_path / "lake", media=MEDIA[:1])
    found = difference(reference, tmp_path / "lake")
    assert found.lost == 0
    assert "b: audio differs" in found.examples


def test_a_video_that_is_not_there_is_lost(reference, tmp_path):
    make(tmp_path / "lake", videos=[])
    assert counts(difference(reference, tmp_path / "lake")) == (1, 0, 0)


@pytest.mark.parametrize(
    ("table", "row"), [("clips", CLIPS[0]), ("clip_media", MEDIA[0]), ("videos", VIDEOS[0])]
)
def test_a_row_committed_twice_is_doubled(reference, tmp_path, table, row):
    put(make(tmp_path / "lake"), table, [row])
    assert counts(difference(reference, tmp_path / "lake")) == (0, 1, 0)


def test_a_value_that_differs_is_named_by_clip_and_column(reference, tmp_path):
    make(tmp_path / "lake", clips=[CLIPS[0], {**CLIPS[1], "n_frames": 61}])
    found = difference(reference, tmp_path / "lake")
    assert counts(found) == (0, 0, 1)
    assert found.examples == ("b: n_frames differs",)


def test_more_than_the_reference_holds_has_changed_unless_it_may(reference, tmp_path):
    more = [*CLIPS, {"clip_id": "c", "video_id": "v"}]
    make(tmp_path / "lake", clips=more)
    assert counts(difference(reference, tmp_path / "lake")) == (0, 0, 1)
    assert counts(difference(reference, tmp_path / "lake", more=True)) == (0, 0, 0)


def test_columns_of_videos_that_may_differ_are_left_out(tmp_path):
    make(tmp_path / "reference")
    make(tmp_path / "lake", videos=[{**VIDEOS[0], "uri": "/elsewhere/v.mp4"}])
    assert counts(difference(contents(tmp_path / "reference"), tmp_path / "lake")) == (0, 0, 1)
    wanted = contents(tmp_path / "reference", but=("uri",))
    assert counts(difference(wanted, tmp_path / "lake", but=("uri",))) == (0, 0, 0)


def test_files_that_nobody_committed_are_work_to_be_redone(tmp_path):
    lake = make(tmp_path / "lake")
    assert leftovers(tmp_path / "lake") == []
    lake.write_fragments("clips", table_of("clips", [{"clip_id": "c"}, {"clip_id": "d"}]))
    lake.write_fragments("clip_media", table_of("clip_media", [{"clip_id": "d", "mp4": b"picture"}]))
    left = leftovers(tmp_path / "lake")
    assert sorted(sorted(each.clips) for each in left) == [["c", "d"], ["d"]]
    assert clips_redone(left) == 2


def test_a_file_cut_off_in_its_writing_counts_as_one_clip(tmp_path):
    make(tmp_path / "lake")
    (tmp_path / "lake" / "clips" / "data" / "cut.lance").write_bytes(b"half a file")
    assert clips_redone(leftovers(tmp_path / "lake")) == 1


def test_runs_that_still_say_running_are_counted(tmp_path):
    put(
        make(tmp_path / "lake"),
        "runs",
        [{"run_id": "r", "state": "running"}, {"run_id": "s", "state": "failed"}],
    )
    assert running(tmp_path / "lake") == 1


def ingest_again(path: Path) -> None:
    """What a replay commits: a clip that may be there already."""
    lake = Lake.open(path, create=True)
    media = Media(("a",), tuple(lake.write_fragments("clip_media", table_of("clip_media", MEDIA[:1]))))
    clips = table_of("clips", CLIPS[:1])
    group = GroupCommit(lake, every_s=60, uncommitted=Uncommitted(64))
    group.add(Outcome(clips, (media,), Counts(clips=1)))
    group.commit()


def test_a_commit_that_does_not_look_first_is_caught(tmp_path, monkeypatch):
    ingest_again(tmp_path / "reference")
    reference = contents(tmp_path / "reference")
    for _ in range(2):
        ingest_again(tmp_path / "lake")
    assert counts(difference(reference, tmp_path / "lake")) == (0, 0, 0)
    with monkeypatch.context() as broken:
        broken.setattr(Lake, "clip_ids", lambda *_, **__: set())
        ingest_again(tmp_path / "lake")
    assert counts(difference(reference, tmp_path / "lake")) == (0, 2, 0)
