"""Snapshots from their making to their reading, while the lake goes on changing."""

import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import lance
import pytest

from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from datasets.schema import SLOTS, TABLES
from datasets.selection import SelectionError
from datasets.snapshots.check import verify_snapshot
from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.snapshot import (
    SnapshotError,
    check_name,
    find_snapshot,
    list_snapshots,
    open_snapshot,
    tagged,
)
from tests.datasets.lakes import clip, digest_of, media, new_lake, put, put_clips, reannotate

ALL = Choice()


@pytest.fixture
def lake(tmp_path) -> Lake:
    """Three kept clips, one in each split, and a filtered one."""
    lake = new_lake(tmp_path)
    put_clips(
        lake,
        clip("a1", "a", face_height_px=50.0),
        clip("a2", "a", keep=False, body_src=None, fingerprint_src=None),
        clip("v1", "10", split="val"),
        clip("t1", "120", split="test"),
    )
    return lake


def refused(lake: Lake, name: str, choice: Choice = ALL) -> str:
    with pytest.raises(SnapshotError) as error:
        create_snapshot(lake, name, choice)
    return str(error.value)


def test_a_snapshot_holds_the_kept_clips_and_counts_them(lake):
    made = create_snapshot(lake, "all", ALL, run_id="run-1")
    assert open_snapshot(lake, "all") == made == find_snapshot(lake, "all")
    assert made.clip_ids() == ["a1", "t1", "v1"]
    assert [made.clip_ids(split) for split in ("train", "val", "test")] == [["a1"], ["v1"], ["t1"]]
    assert made.counts["clips"] == made.counts["videos"] == 3
    assert made.counts["frames"] == 150
    assert made.counts["splits"] == {"train": 1, "val": 1, "test": 1}
    assert made.counts["empty"] == dict.fromkeys(SLOTS, 3) | {"body": 0, "fingerprint": 0}
    assert made.counts["styles"] == {"unknown": 3}
    assert made.annotators == {"body": {"2/aa": 3}, "fingerprint": {"2/aa": 3}}
    assert (made.state, made.run_id, len(made.content_hash)) == ("ready", "run-1", 64)


def test_every_table_is_tagged_at_the_versions_told(lake):
    made = create_snapshot(lake, "all", ALL)
    assert {name: tagged(lake, name, "all") for name in TABLES} == made.versions


def test_where_chooses_among_the_kept_clips(lake):
    made = create_snapshot(lake, "near", Choice(where="face_height_px > 90 OR NOT keep"))
    assert made.clip_ids() == ["t1", "v1"]
    assert made.clips.count_rows(made.filter()) == made.counts["clips"] == 2


def test_a_snapshot_travels_to_other_processes(lake):
    made = create_snapshot(lake, "all", ALL)
    assert pickle.loads(pickle.dumps(made)).clip_ids() == ["a1", "t1", "v1"]


def test_named_speakers_are_counted_within_their_data_set(lake):
    ann = {"speaker": "ann", "dataset": "news"}
    others = {"c": ann, "d": ann, "e": ann | {"dataset": "talks"}, "f": {"speaker": ""}}
    put_clips(lake, *(clip(f"{video}1", video) for video in others), videos=others)
    assert create_snapshot(lake, "all", ALL).counts["speakers"] == 2


def test_splits_are_resolved_before_the_tables_are_tagged(lake):
    put_clips(lake, clip("v2", "10", split="train"))
    made = create_snapshot(lake, "all", ALL)
    assert made.clip_ids("train") == ["a1", "v1", "v2"]
    assert made.counts["splits_resolved"] == {"clips": 1, "videos": 1, "largest_group": 1}


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../a", ".a", "a..b", "a.", "a.lock", "é", "x" * 101])
def test_a_name_that_cannot_be_a_tag_is_refused(lake, name):
    assert "cannot be a tag" in refused(lake, name)


@pytest.mark.parametrize("name", ["a", "talks-2026.2", "A_1.b.c", "x" * 100])
def test_other_names_are_taken_by_lance(lake, name):
    check_name(name)
    assert create_snapshot(lake, name, ALL).name == name


def test_a_taken_name_is_refused_with_what_to_do(lake):
    create_snapshot(lake, "all", ALL)
    assert "the name all is taken by a snapshot of 2" in (told := refused(lake, "all"))
    assert f"emo2 snapshot show all --lake {lake.uri}" in told


def test_an_empty_choice_is_refused_and_leaves_nothing(lake, tmp_path):
    assert "holds for none of the 3 kept clips" in refused(lake, "none", Choice(where="face_height_px > 900"))
    assert "the lake has no kept clips" in refused(new_lake(tmp_path / "new"), "none")
    assert list_snapshots(lake) == []
    assert tagged(lake, "clips", "none") is None


def test_wrong_sql_is_refused(lake):
    with pytest.raises(SelectionError, match="no column face_heigt_px; did you mean face_height_px"):
        create_snapshot(lake, "x", Choice(where="face_heigt_px > 3"))


def test_stale_labels_are_counted_and_refused_on_request(lake):
    stale = {"body": "body_src IS NOT NULL AND face_height_px < 60", "hands": "hands_src.version = '1'"}
    made = create_snapshot(lake, "told", Choice(stale=stale))
    assert made.counts["stale"] == {"body": 1, "hands": 0}
    told = refused(lake, "fresh", Choice(stale=stale, require_fresh=True))
    assert "1 of the chosen clips are stale in body" in told
    assert "emo2 reannotate" in told
    told = refused(lake, "fresh", Choice(stale={"hands": stale["hands"]}, require_fresh=True))
    assert "3 of the chosen clips are without hands" in told
    fresh = Choice(where="face_height_px > 60", stale={"body": stale["body"]}, require_fresh=True)
    assert create_snapshot(lake, "fresh", fresh).counts["clips"] == 2


def test_clips_that_a_killed_ingest_left_half_are_refused(lake):
    put(lake, "clips", clip("b1", "a"))
    assert "1 of the chosen clips are not whole (the first is b1 of video a)" in refused(lake, "all")
    put(lake, "clip_media", media("b1"))
    create_snapshot(lake, "all", ALL)
    lake.delete("videos", "video_id = '10'")
    assert "(the first is v1 of video 10)" in refused(lake, "more")
    create_snapshot(lake, "more", Choice(where="video_id <> '10'"))


def test_a_clip_that_stands_twice_is_refused(lake):
    put(lake, "clips", clip("a1", "a"))
    with pytest.raises(LakeError, match="clip a1 stands twice"):
        create_snapshot(lake, "all", ALL)


def test_the_same_choice_of_the_same_lake_has_the_same_hash(lake):
    first = create_snapshot(lake, "first", ALL)
    assert create_snapshot(lake, "second", Choice(where="n_frames = 50")).content_hash == first.content_hash
    assert create_snapshot(lake, "third", Choice(where="clip_id <> 'v1'")).content_hash != first.content_hash


def test_lakes_filled_in_another_order_have_the_same_hash(lake, tmp_path):
    other = new_lake(tmp_path / "other")
    put_clips(other, clip("t1", "120", split="test"))
    put_clips(other, clip("v1", "10", split="val"), clip("a1", "a", face_height_px=50.0))
    assert create_snapshot(other, "x", ALL).content_hash == create_snapshot(lake, "x", ALL).content_hash


def clean_up(lake: Lake) -> None:
    """What maintenance does, without its patience."""
    for name in TABLES:
        table = lake.table(name)
        table.optimize.compact_files()
        lake.table(name).cleanup_old_versions(
            older_than=timedelta(0), delete_unverified=True, error_if_tagged_old_versions=False
        )


def test_a_snapshot_stays_as_it_was_whatever_happens_to_the_lake(lake):
    put_clips(lake, clip("w1", "10", split="val"))
    made = create_snapshot(lake, "all", ALL)
    rows = made.clips.to_table(filter=made.filter()).sort_by("clip_id")
    reannotate(lake, "a1", place=-1.0)
    put_clips(lake, clip("z1", "z"))
    lake.delete("clips", "clip_id = 'v1'")
    clean_up(lake)
    held = [version["version"] for version in lake.table("clips").versions()]
    assert held == [made.versions["clips"], lake.table("clips").version]
    again = open_snapshot(lake, "all")
    assert again.clip_ids() == ["a1", "t1", "v1", "w1"]
    assert again.clips.to_table(filter=again.filter()).sort_by("clip_id") == rows
    assert again.contents() == made.contents()
    assert verify_snapshot(again) == []
    assert lake.table("clips").count_rows("clip_id IN ('v1', 'z1')") == 1


def test_a_crash_between_tags_and_row_is_made_good_by_another_try(lake, monkeypatch):
    def out_of_disk(*_, **__):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "upsert", out_of_disk)
        with pytest.raises(OSError, match="No space left"):
            create_snapshot(lake, "all", ALL)
    with pytest.raises(SnapshotError, match="was never finished: run `emo2 snapshot create all"):
        open_snapshot(lake, "all")
    put_clips(lake, clip("b1", "b"))
    made = create_snapshot(lake, "all", ALL)
    assert open_snapshot(lake, "all").clip_ids() == ["a1", "b1", "t1", "v1"]
    assert tagged(lake, "clips", "all") == made.versions["clips"]


def test_of_two_that_take_one_name_at_once_one_is_refused(lake):
    def take(_: int) -> str:
        try:
            return create_snapshot(lake, "all", ALL).content_hash
        except SnapshotError as error:
            return str(error)

    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(take, range(2)))
    assert sum("the name all is taken" in each for each in told) == 1
    assert [each.content_hash for each in list_snapshots(lake)] == [each for each in told if len(each) == 64]


def test_a_withdrawn_snapshot_is_listed_and_not_opened(lake):
    create_snapshot(lake, "old", ALL)
    create_snapshot(lake, "new", ALL)
    row = lake.table("snapshots").to_table(filter="name = 'old'").to_pylist()[0]
    change = {"state": "withdrawn", "detail": "video a was forgotten"}
    with committing(lake):
        lake.upsert("snapshots", table_of("snapshots", [row | change]), on="name")
    assert [each.name for each in list_snapshots(lake)] == ["old", "new"]
    with pytest.raises(
        SnapshotError, match=r"old of .* is withdrawn \(video a was forgotten\): make another"
    ):
        open_snapshot(lake, "old")
    assert "the name old is taken" in refused(lake, "old")


def test_an_unknown_name_is_told_with_those_there_are(lake):
    with pytest.raises(SnapshotError, match="has no snapshot x; it has: none"):
        open_snapshot(lake, "x")
    create_snapshot(lake, "all", ALL)
    with pytest.raises(SnapshotError, match="has no snapshot x; it has: all"):
        open_snapshot(lake, "x")


def test_a_tag_that_somebody_moved_is_told(lake):
    create_snapshot(lake, "all", ALL)
    lance.dataset(f"{lake.uri}/clips").tags.update("all", 1)
    with pytest.raises(SnapshotError, match=r"the tag all on the table clips of .* is not where"):
        open_snapshot(lake, "all")


def test_a_flipped_bit_of_a_film_is_found(lake):
    made = create_snapshot(lake, "all", ALL)
    for file in (Path(lake.uri) / "clip_media" / "data").rglob("*.*"):
        file.write_bytes(file.read_bytes().replace(b"film of v1", b"film of v3"))
    assert [(each.clip_id, each.what) for each in verify_snapshot(made)] == [("v1", "film")]


def test_labels_and_films_that_are_not_what_their_digest_says_are_found(lake):
    put(lake, "clip_media", media("b1") | {"mp4": b"another film"})
    put(lake, "clips", clip("b1", "a"), clip("b2", "a") | {"body_digest": digest_of(clip("b3", "a"), "body")})
    put(lake, "clip_media", media("b2"))
    seen = []
    found = verify_snapshot(
        create_snapshot(lake, "all", ALL), progress=lambda done, of: seen.append((done, of))
    )
    assert {(each.clip_id, each.what) for each in found} == {("b1", "film"), ("b2", "body")}
    assert seen[-1] == (10, 10)


def test_a_snapshot_whose_files_are_gone_is_told(lake):
    made = create_snapshot(lake, "all", ALL)
    shutil.rmtree(Path(lake.uri) / "clips" / "data")
    with pytest.raises(SnapshotError, match=r"the snapshot all of .* cannot be read"):
        verify_snapshot(made)


def test_a_snapshot_of_an_object_store_stays_as_it_was(store):
    lake = Lake.open(store.uri("snapshots"), create=True, storage_options=store.options)
    put_clips(lake, clip("v1", "10", split="val"), clip("v2", "10", split=None))
    made = create_snapshot(lake, "all", ALL)
    put_clips(lake, clip("a1", "a"))
    assert open_snapshot(lake, "all").clip_ids("val") == ["v1", "v2"]
    assert verify_snapshot(made) == []
    assert "the name all is taken" in refused(lake, "all")
