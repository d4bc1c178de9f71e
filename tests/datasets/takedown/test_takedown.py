"""After a takedown no file of the lake holds a trace of the video, and everything else is as it was."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from datasets.content import clip_contents
from datasets.identity import clip_id
from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from datasets.schema import TABLES
from datasets.snapshots.snapshot import SnapshotError, find_snapshot, open_snapshot
from datasets.takedown import takedown
from datasets.takedown.takedown import Guards, forget, unfinished
from datasets.upkeep.table_files import unnamed_files
from tests.datasets.plain_snapshots import plain_snapshot
from tests.object_store import ObjectStore

VIDEOS = ("aa" * 32, "bb" * 32, "cc" * 32)
VICTIM = VIDEOS[1]
LATE = "dd" * 32  # after the snapshots
ADDRESS = "/films/Müller & Söhne/interview no 2.mp4"
CLIPS_EACH = 3
BLOB = 70_000  # bytes, more than Lance keeps in the data file itself


def clip_ids(video: str) -> list[str]:
    return [clip_id(video, start_s, start_s + 8.0, "cutter") for start_s in range(CLIPS_EACH)]


def media_bytes(clip: str, kind: str, size: int) -> bytes:
    return np.random.default_rng(int(clip[:8], 16) + len(kind)).bytes(size)


def put(lake: Lake, table: str, *rows: dict) -> None:
    lake.append(table, lake.write_fragments(table, table_of(table, rows)))


def media_of(clip: str, index: int) -> dict:
    # The middle clip is so small that Lance puts its film into the data file.
    film = media_bytes(clip, "film", BLOB if index != 1 else 500)
    picture, sound = media_bytes(clip, "picture", 900), media_bytes(clip, "sound", 4000)
    rest = {"n_frames": 200, "encode_hash": f"hash of {clip}"}
    return {"clip_id": clip, "mp4": film, "audio": sound, "reference": picture, **rest}


def add_videos(lake: Lake, addresses: dict[str, str]) -> None:
    """Videos that share fragments, as those of one group commit do."""
    ids = {clip: video for video in addresses for clip in clip_ids(video)}
    put(lake, "clip_media", *(media_of(clip, index % CLIPS_EACH) for index, clip in enumerate(ids)))
    kept = {"keep": True, "split": "train", "n_frames": 200, "body_digest": "00"}
    put(lake, "clips", *({"clip_id": clip, "video_id": video, **kept} for clip, video in ids.items()))
    row = {"status": "ingested", "n_clips": CLIPS_EACH}
    rows = [{"video_id": video, "uri": uri, **row} for video, uri in addresses.items()]
    lake.upsert("videos", table_of("videos", rows), on="video_id")


def add_run(lake: Lake, run_id: str, **columns: str) -> None:
    row = {"run_id": run_id, "flow": "ingest", "state": "completed"} | columns
    lake.upsert("runs", table_of("runs", [row]), on="run_id")


def fill(made: Lake) -> None:
    """Four videos, three snapshots of the first three, and text that names the second video in every way."""
    add_videos(made, {VIDEOS[0]: "/films/0.mp4", VICTIM: ADDRESS})
    add_videos(made, {VIDEOS[2]: "/films/2.mp4"})
    add_run(made, "run-of-file", params=json.dumps({"source": ADDRESS}))
    add_run(made, "run-of-folder", params=json.dumps({"source": str(Path(ADDRESS).parent)}))
    result = {"clip_ids": clip_ids(VICTIM)[:1]}
    shard = {"shard_id": "s", "state": "written", "video_ids": [VICTIM], "result": json.dumps(result)}
    made.upsert("shards", table_of("shards", [shard]), on="shard_id")
    plain_snapshot(made, "all")
    plain_snapshot(made, "others", f"video_id <> '{VICTIM}'")
    plain_snapshot(made, "first", f"video_id = '{VIDEOS[0]}'")
    add_videos(made, {LATE: "/films/late.mp4"})


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Lake.open(tmp_path_factory.mktemp("original") / "lake", create=True)
    fill(made)
    (Path(made.uri) / "report.html").write_text(f"<p>{ADDRESS}</p>")
    return Path(made.uri)


@pytest.fixture
def lake(original: Path, tmp_path: Path) -> Lake:
    return Lake.open(shutil.copytree(original, tmp_path / "lake"))


def traces() -> Iterator[tuple[str, bytes]]:
    """What must not be found, in pieces short enough to lie within one page of a file."""
    yield "address", ADDRESS.encode()
    yield "address in JSON", json.dumps(ADDRESS)[1:-1].encode()
    yield "file name", Path(ADDRESS).name.encode()
    for index, clip in enumerate(clip_ids(VICTIM)):
        yield "clip id", clip.encode()
        media = media_of(clip, index)
        for kind in ("mp4", "audio", "reference"):
            yield kind, media[kind][100:116]


def found(lake: Lake) -> set[str]:
    return found_in(file.read_bytes() for file in Path(lake.uri).rglob("*") if file.is_file())


def found_in(files: Iterable[bytes]) -> set[str]:
    stored = list(files)
    return {kind for kind, pattern in traces() for data in stored if pattern in data}


def others(lake: Lake) -> dict:
    return {clip: row for clip, row in clip_contents(lake).items() if clip not in clip_ids(VICTIM)}


def statuses(lake: Lake) -> dict[str, str]:
    rows = lake.table("videos").to_table().to_pylist()
    return {row["video_id"]: row["status"] for row in rows}


def test_the_search_of_these_tests_finds_every_kind_of_trace_beforehand(lake):
    assert found(lake) == {kind for kind, _ in traces()}


def test_no_file_holds_a_trace_and_other_videos_are_as_they_were(lake):
    before = others(lake)
    forget(lake, [VICTIM], run_id="r")
    assert found(lake) == set()
    assert clip_contents(lake) == before
    assert statuses(lake) == {VICTIM: "forgotten"} | dict.fromkeys((VIDEOS[0], VIDEOS[2], LATE), "ingested")


def test_of_the_video_nothing_stays_but_its_id(lake):
    forget(lake, [VICTIM], run_id="r")
    (row,) = lake.table("videos").to_table(filter=f"video_id = '{VICTIM}'").to_pylist()
    assert {name for name, value in row.items() if value is not None} == {
        "video_id",
        "status",
        "run_id",
        "at",
    }
    assert row["run_id"] == "r"


def test_a_snapshot_that_chose_the_video_is_withdrawn_and_the_others_open(lake):
    kept = open_snapshot(lake, "others")
    ids, contents = kept.clip_ids(), kept.contents()
    forget(lake, [VICTIM], run_id="r")
    with pytest.raises(SnapshotError, match=rf"all of .* is withdrawn \(the video {VICTIM} was taken down"):
        open_snapshot(lake, "all")
    assert not any("all" in lake.table(name).tags.list() for name in TABLES)
    after = open_snapshot(lake, "others")
    assert after.clip_ids() == ids
    assert after.contents().equals(contents)
    assert after.clips.count_rows(f"video_id = '{VICTIM}'") == 0
    addresses = after.clip_media.to_table(columns=[], with_row_address=True)["_rowaddr"].to_pylist()
    assert len(after.clip_media.read_blobs("mp4", addresses=addresses)) == 2 * CLIPS_EACH


def test_one_takedown_after_another_leaves_a_snapshot_its_clips_until_they_are_taken_down(lake):
    before = open_snapshot(lake, "first").contents()
    forget(lake, [VICTIM], run_id="r1")
    forget(lake, [VIDEOS[2]], run_id="r2")
    assert open_snapshot(lake, "first").contents().equals(before)
    assert open_snapshot(lake, "first").clips.count_rows() == CLIPS_EACH
    forget(lake, [VIDEOS[0]], run_id="r3")
    assert find_snapshot(lake, "first").state == "withdrawn"
    assert all(not lake.table(name).branches.list() for name in TABLES)
    assert lake.table("clips").to_table(columns=["video_id"])["video_id"].unique().to_pylist() == [LATE]
    assert len(list(Path(lake.uri, "clips").rglob("*.lance"))) == 1


def test_a_run_keeps_the_folder_it_read_and_loses_the_file(lake):
    forget(lake, [VICTIM], run_id="r")
    rows = {row["run_id"]: row["params"] for row in lake.table("runs").to_table().to_pylist()}
    assert json.loads(rows["run-of-file"]) == {"source": "[forgotten]"}
    assert json.loads(rows["run-of-folder"]) == {"source": "/films/Müller & Söhne"}


def test_work_on_its_clips_that_waited_for_a_commit_is_dropped(lake):
    forget(lake, [VICTIM], run_id="r")
    assert lake.table("shards").count_rows() == 0


def test_no_old_version_and_no_file_without_a_version_is_left(lake):
    lake.write_fragments("clips", table_of("clips", [{"clip_id": clip_ids(VICTIM)[0]}]))  # by a run that died
    before = lake.versions()
    forget(lake, [VICTIM], run_id="r")
    assert {name: unnamed_files(lake, name) for name in TABLES} == {name: [] for name in TABLES}
    assert found(lake) == set()
    assert all(
        lake.table(name).versions()[0]["version"] > before[name] for name in ("videos", "clips", "clip_media")
    )


def test_media_whose_ingest_died_before_its_clips_goes_too(lake):
    orphan = media_of("f" * 32, 0)
    put(lake, "clip_media", orphan)
    forget(lake, [VICTIM], run_id="r")
    rows = lake.table("clip_media").to_table(columns=["clip_id"])
    assert set(rows["clip_id"].to_pylist()) == {
        clip for v in (VIDEOS[0], VIDEOS[2], LATE) for clip in clip_ids(v)
    }


def test_files_that_wait_for_their_commit_are_spared(lake):
    (text,) = lake.write_fragments("clips", table_of("clips", [{"clip_id": "waiting"}]))
    waiting = f"data/{json.loads(text)['files'][0]['path']}"
    forget(lake, [VICTIM], run_id="r", guards=Guards(waiting_files=lambda: [waiting]))
    assert [file.path for file in unnamed_files(lake, "clips")] == [waiting]


@pytest.mark.slow
def test_an_object_store_holds_no_trace_either(store: ObjectStore):
    lake = Lake.open(store.uri("takedown"), create=True, storage_options=store.options)
    fill(lake)
    client = store.client()

    def objects() -> Iterator[bytes]:
        for listed in client.get_paginator("list_objects_v2").paginate(
            Bucket=store.bucket, Prefix="takedown/"
        ):
            for each in listed["Contents"]:
                yield client.get_object(Bucket=store.bucket, Key=each["Key"])["Body"].read()

    assert found_in(objects()) == {kind for kind, _ in traces()}
    before = others(lake)
    time.sleep(1.1)  # the server tells times in whole seconds, and what is older than the takedown goes
    forget(lake, [VICTIM], run_id="r")
    assert found_in(objects()) == set()
    assert clip_contents(lake) == before
    assert open_snapshot(lake, "others").clip_ids()


class Killed(Exception):
    pass


class Deaths:
    """Dies before each commit and after each step of a takedown, once at each, over as many runs as it takes."""

    def __init__(self) -> None:
        self.at: set[tuple[int, int]] = set()  # step, commit within it
        self._here = (0, 0)

    def begin(self) -> None:
        self._here = (0, 0)

    def before_commit(self) -> None:
        self._pass((self._here[0], self._here[1] + 1))

    def after_step(self, _: str) -> None:
        self._pass((self._here[0] + 1, 0))

    def _pass(self, place: tuple[int, int]) -> None:
        self._here = place
        if place not in self.at:
            self.at.add(place)
            raise Killed

    @contextmanager
    def committing(self, lake: Lake) -> Iterator[Callable[[], None]]:
        with committing(lake):
            yield self.before_commit


@pytest.mark.slow
def test_killed_before_every_commit_and_after_every_step_the_last_run_finishes(lake, monkeypatch):
    before, deaths = others(lake), Deaths()
    monkeypatch.setattr(takedown, "committing", deaths.committing)
    done = False
    while not done:
        deaths.begin()
        # The first begins with the video; whoever comes next knows only that something was left unfinished.
        video_ids = [] if unfinished(lake) else [VICTIM]
        with suppress(Killed):
            forget(lake, video_ids, run_id="r", guards=Guards(told=deaths.after_step))
            done = True
    assert len(deaths.at) > 40
    assert found(lake) == set()
    assert clip_contents(lake) == before
    assert open_snapshot(lake, "others").clip_ids()
    assert find_snapshot(lake, "all").state == "withdrawn"
    assert unfinished(lake) == []
