import json
import multiprocessing
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.counts import count_clips
from datasets.lake import Lake, LakeError, SchemaDrift
from datasets.reasons import FILTER_REASONS, QUARANTINE_REASONS
from datasets.rows import table_of
from datasets.schema import CLIPS, SLOTS, TABLES

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    """Two processes, spawned since Lance is not fork-safe."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield executor


def put(lake: Lake, table: str, *rows: dict) -> int:
    return lake.append(table, lake.write_fragments(table, table_of(table, rows)))


def source(version: str, at: datetime | None = NOON) -> dict:
    return {"name": "any", "version": version, "params_hash": "00", "run_id": "r", "at": at}


def test_a_new_lake_holds_every_table_empty_at_storage_version_2_2(lake):
    assert lake.versions() == dict.fromkeys(TABLES, 1)
    for name in TABLES:
        assert lake.table(name).count_rows() == 0
        assert lake.table(name).data_storage_version == "2.2"


def test_creating_a_lake_again_changes_nothing(lake):
    put(lake, "clips", {"clip_id": "a"})
    assert Lake.open(lake.uri, create=True).versions()["clips"] == 2
    assert lake.table("clips").count_rows() == 1


def test_a_missing_table_is_named_and_made_again_on_request(lake):
    shutil.rmtree(Path(lake.uri) / "runs")
    with pytest.raises(LakeError, match=r"lacks the table runs: run `emo2 maintain"):
        Lake.open(lake.uri)
    assert Lake.open(lake.uri, upgrade=True).table("runs").count_rows() == 0


def test_a_lake_of_an_earlier_release_keeps_its_rows_and_gets_the_columns_it_lacks(lake):
    put(lake, "clips", {"clip_id": "a", "people": 1.0})
    lake.table("clips").drop_columns(["hands_digest", "fingerprint_frames", "fingerprint_src"])
    with pytest.raises(SchemaDrift, match=r"lacks the columns \['hands_digest'.*run `emo2 maintain --lake"):
        Lake.open(lake.uri)
    upgraded = Lake.open(lake.uri, upgrade=True)
    put(upgraded, "clips", {"clip_id": "b", "fingerprint_frames": [7]})
    rows = upgraded.table("clips").to_table(columns=["clip_id", "people", "fingerprint_frames"]).to_pylist()
    assert rows == [
        {"clip_id": "a", "people": 1.0, "fingerprint_frames": None},
        {"clip_id": "b", "people": None, "fingerprint_frames": [7]},
    ]


def test_an_upgrade_makes_no_lake_where_there_is_none(tmp_path):
    with pytest.raises(LakeError, match="no lake at"):
        Lake.open(tmp_path, upgrade=True)
    assert list(tmp_path.iterdir()) == []


def test_deleted_rows_are_gone_and_the_others_stay(lake):
    put(lake, "clips", {"clip_id": "a"}, {"clip_id": "b"})
    lake.delete("clips", "clip_id = 'a'")
    assert lake.clip_ids(clip_ids=["a", "b"]) == {"b"}


def test_videos_can_be_asked_for_by_id(lake):
    rows = [{"video_id": "a", "status": "ingested"}, {"video_id": "b", "status": "quarantined"}]
    lake.upsert("videos", table_of("videos", rows), on="video_id")
    assert lake.known_videos(["b", "c"]) == {"b": ("quarantined", None)}
    assert lake.known_videos([]) == {}
    assert set(lake.known_videos()) == {"a", "b"}


def test_a_folder_without_a_lake_says_how_to_make_one(tmp_path):
    with pytest.raises(
        LakeError, match=rf"no lake at {tmp_path}: run `emo2 ingest SOURCE --lake {tmp_path}`"
    ):
        Lake.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("create", [False, True])
def test_a_file_in_the_way_is_named(tmp_path, create):
    (tmp_path / "video.mp4").write_bytes(b"")
    with pytest.raises(LakeError, match=r"video\.mp4 is a file; give a folder"):
        Lake.open(tmp_path / "video.mp4" / "lake", create=create)


def test_an_unknown_scheme_is_named():
    with pytest.raises(LakeError, match=r"nosuch://bucket/lake has the unknown scheme nosuch://"):
        Lake.open("nosuch://bucket/lake", create=True)


def test_an_empty_address_is_refused():
    with pytest.raises(LakeError, match="empty"):
        Lake.open(" ")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that even root cannot write: /proc")
def test_a_folder_that_cannot_be_written_is_one_sentence():
    with pytest.raises(LakeError, match=r"cannot reach the lake at /proc/lake \(.*\): check") as caught:
        Lake.open("/proc/lake", create=True)
    assert "\n" not in str(caught.value)


def test_a_lake_that_lacks_columns_names_them(lake):
    lake.table("clips").drop_columns(["sharpness", "hands_betas"])
    with pytest.raises(
        SchemaDrift, match=r"clips \(version 2\) lacks the columns \['sharpness', 'hands_betas'\]"
    ):
        Lake.open(lake.uri)


def test_a_lake_with_another_type_names_the_column(tmp_path):
    lake = Lake.open(tmp_path, create=True)
    changed = CLIPS.set(CLIPS.get_field_index("n_frames"), pa.field("n_frames", pa.string()))
    lance.write_dataset(changed.empty_table(), tmp_path / "clips", mode="overwrite")
    with pytest.raises(SchemaDrift, match=r"other types in \['n_frames'\]"):
        Lake.open(lake.uri)


def test_a_relative_folder_becomes_absolute_for_workers_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Lake.open("a lake #1%20", create=True).uri == str(tmp_path / "a lake #1%20")


def test_a_file_uri_is_the_folder_it_names(tmp_path):
    assert Lake.open(f"file://{tmp_path}/my%20lake", create=True).uri == f"{tmp_path}/my lake"


def test_a_pickled_lake_still_opens_and_its_repr_hides_credentials(lake):
    assert pickle.loads(pickle.dumps(lake)).versions() == lake.versions()
    assert "secret" not in repr(Lake("s3://b/l", {"aws_secret_access_key": "secret"}))


_HEARD = [  # columns of face, sound, stills and style of which the others above say nothing
    column.name
    for slot in ("face", "audio", "speech", "speaker", "reference", "style")
    for column in SLOTS[slot]
    if not (pa.types.is_list(column.type) and pa.types.is_fixed_size_list(column.type.value_type))
]


def _some(kind: pa.DataType) -> Any:
    """A value of a column's type, the same after a way through half floats."""
    if pa.types.is_list(kind):
        return [_some(kind.value_type)] * 2
    if pa.types.is_struct(kind):
        return {field.name: _some(field.type) for field in kind}
    if pa.types.is_string(kind):
        return "so"
    if pa.types.is_binary(kind):
        return b"so"
    return 3 if pa.types.is_integer(kind) else 0.5


def full_clip() -> dict:
    """A clip of two frames with a value in every column."""
    per_frame = {
        column.name: (np.arange(2 * column.type.value_type.list_size).reshape(2, -1) / 64).tolist()
        for columns in SLOTS.values()
        for column in columns
        if pa.types.is_list(column.type) and pa.types.is_fixed_size_list(column.type.value_type)
    }
    return per_frame | {
        "clip_id": "a",
        "video_id": "v",
        "start_s": 0.5,
        "end_s": 2.5,
        "start_frame": 15,
        "end_frame": 75,
        "n_frames": 2,
        "crop": {"x_px": 1, "y_px": 2, "width_px": 3, "height_px": 4},
        "split": "train",
        "keep": True,
        "reason": None,
        "detail": None,
        "people": 1.0,
        "face_height_px": 120.0,
        "hand_visibility": 0.75,
        "sharpness": 40.0,
        "scale": 0.5,
        "speech_track": 0.25,
        "run_id": "r",
        "body_place_clip": [0.5] * 5,
        "hands_valid": [[0, 1], [2, 1]],
        "hands_betas": [0.5] * 10,
        "hands_others": 3,
        "hands_calibration": "0123456789ab",
        "hands_focal_px": 900.0,
        "hands_model": "neutral",
        "motion_speed": [0.5, None],
        "motion_variance": [None, 0.25],
        "fingerprint_frames": [0, 2**64 - 1],
        "style_told": "singing",
        "style_told_by": "person",
        **{name: _some(CLIPS.field(name).type) for name in _HEARD},
        "speech_words": [{"word": "so", "start_s": 0.0, "end_s": 0.25, "score": 0.5, "speaker": None}],
        **{f"{slot}_src": source("1") for slot in SLOTS},
        **{f"{slot}_rev": 3 for slot in SLOTS},
        **{f"{slot}_inputs": "body 1/0123456789ab" for slot in SLOTS},
        **{f"{slot}_digest": "0123456789abcdef" for slot in SLOTS},
    }


def test_a_clip_with_every_column_filled_comes_back_as_it_was(lake):
    row = full_clip()
    assert set(row) == set(CLIPS.names)
    put(lake, "clips", row, {"clip_id": "empty"})
    full, empty = lake.table("clips").to_table().to_pylist()
    assert full == row
    assert {name for name, value in empty.items() if value is not None} == {"clip_id"}


def test_nan_in_half_floats_survives(lake):
    frame = [float("nan")] * 98 + [0.5]
    put(lake, "clips", {"clip_id": "a", "body_keypoints": [frame]})
    (row,) = lake.table("clips").to_table(columns=["body_keypoints"]).to_pylist()
    np.testing.assert_array_equal(row["body_keypoints"], [frame])


def test_fragments_change_nothing_until_they_are_committed(lake):
    fragments = lake.write_fragments("clips", table_of("clips", [{"clip_id": "a"}, {"clip_id": "b"}]))
    assert (lake.versions()["clips"], lake.table("clips").count_rows()) == (1, 0)
    assert all(isinstance(json.loads(fragment), dict) for fragment in fragments)
    assert lake.append("clips", fragments) == 2
    assert lake.table("clips").count_rows() == 2


def test_an_append_repeated_after_a_crash_adds_nothing(lake):
    first = lake.write_fragments("clips", table_of("clips", [{"clip_id": "a"}]))
    second = lake.write_fragments("clips", table_of("clips", [{"clip_id": "b"}]))
    assert lake.append("clips", first) == 2
    assert lake.append("clips", [*first, *second]) == 3
    assert lake.append("clips", first) == 3
    assert lake.clip_ids(clip_ids=["a", "b"]) == {"a", "b"}
    assert lake.table("clips").count_rows() == 2


def test_no_rows_make_no_fragment_and_no_version(lake):
    assert lake.write_fragments("clips", table_of("clips", [])) == []
    assert lake.append("clips", []) == 1


def test_a_file_name_that_is_not_utf8_is_stored_readably(lake):
    uri = b"/v/caf\xe9 \xc3\xa9.mp4".decode("utf-8", "surrogateescape")
    put(lake, "videos", {"video_id": "a", "uri": uri})
    assert lake.table("videos").to_table(columns=["uri"]).to_pylist() == [{"uri": "/v/caf\\xe9 é.mp4"}]


def test_rows_with_other_columns_are_refused_by_name(lake):
    with pytest.raises(ValueError, match=r"lack the columns \['alive_until', .*unknown columns \['id'\]"):
        lake.write_fragments("runs", pa.table({"id": ["a"]}))
    with pytest.raises(KeyError, match="nonsense"):
        table_of("runs", [{"run_id": "a", "nonsense": 1}])


def test_a_null_key_is_refused(lake):
    rows = table_of("clips", [{"clip_id": "a"}])
    nulls = rows.set_column(0, "clip_id", pa.nulls(1, pa.string()))
    with pytest.raises(ValueError, match="clip_id is a key"):
        lake.write_fragments("clips", nulls)


def _append_ten(lake: Lake, start: int) -> None:
    for number in range(start, start + 10):
        put(lake, "clips", {"clip_id": f"clip-{number}"})


def _open_new(uri: str) -> None:
    Lake.open(uri, create=True)


def _both(processes: Executor, target: Callable, first: tuple, second: tuple) -> None:
    for future in [processes.submit(target, *first), processes.submit(target, *second)]:
        future.result(120)


def test_two_processes_that_append_at_once_lose_nothing(lake, processes):
    _both(processes, _append_ten, (lake, 0), (lake, 10))
    assert lake.clip_ids(clip_ids=[f"clip-{number}" for number in range(25)]) == {
        f"clip-{number}" for number in range(20)
    }
    assert lake.table("clips").count_rows() == 20


def test_two_processes_that_create_at_once_both_succeed(tmp_path, processes):
    for attempt in range(5):
        uri = str(tmp_path / str(attempt))
        _both(processes, _open_new, (uri,), (uri,))
        assert Lake.open(uri).versions() == dict.fromkeys(TABLES, 1)


def test_upserting_twice_adds_nothing_and_replaces_the_row(lake):
    lake.upsert("videos", table_of("videos", [{"video_id": "a", "status": "quarantined"}]), on="video_id")
    again = table_of(
        "videos",
        [
            {"video_id": "a", "status": "ingested", "spans": "[[0.0, 1.0]]"},
            {"video_id": "b", "status": "ingested"},
        ],
    )
    lake.upsert("videos", again, on="video_id")
    version = lake.upsert("videos", again, on="video_id")
    assert version == lake.versions()["videos"]
    assert lake.table("videos").count_rows() == 2
    assert lake.known_videos() == {"a": ("ingested", "[[0.0, 1.0]]"), "b": ("ingested", None)}


def test_a_key_twice_in_one_upsert_is_refused(lake):
    with pytest.raises(ValueError, match="1 keys stand twice in one batch for runs, the first is a"):
        lake.upsert("runs", table_of("runs", [{"run_id": "a"}, {"run_id": "a"}]), on="run_id")
    assert lake.table("runs").count_rows() == 0


def test_two_upserts_of_one_new_key_from_one_version_leave_one_row(lake, monkeypatch):
    row = table_of("videos", [{"video_id": "a", "status": "ingested"}])
    put(lake, "videos", {"video_id": "other"})
    lake.table("videos").create_scalar_index("video_id", "BTREE")  # through it, Lance inserts both rows
    stale = lake.table("videos")
    lake.upsert("videos", row, on="video_id")
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "table", lambda self, name: stale)
        lake.upsert("videos", row, on="video_id")
    assert lake.table("videos").count_rows("video_id = 'a'") == 1


def test_clip_ids_are_found_by_video_and_by_clip(lake):
    rows = [("a", "v1"), ("b", "v1"), ("c", "v2"), ("d'e", "v'3")]
    put(lake, "clips", *({"clip_id": clip, "video_id": video} for clip, video in rows))
    assert lake.clip_ids(video_ids=["v1", "v'3", "unknown"]) == {"a", "b", "d'e"}
    assert lake.clip_ids(clip_ids=iter(["c", "d'e", "x"])) == {"c", "d'e"}
    assert lake.clip_ids(clip_ids=[]) == set()
    with pytest.raises(ValueError, match="either"):
        lake.clip_ids()
    with pytest.raises(ValueError, match="clip_media has no column video_id"):
        lake.clip_ids("clip_media", video_ids=["v1"])


def test_clip_ids_of_more_than_one_filter_are_all_found(lake):
    ids = [f"{number:05d}" for number in range(10_001)]
    put(lake, "clip_media", *({"clip_id": clip} for clip in ids))
    assert lake.clip_ids("clip_media", clip_ids=ids) == set(ids)


def test_media_comes_back_in_the_order_asked_with_nulls_as_none(lake):
    long = bytes(range(256)) * 1000  # beyond the size Lance keeps inline
    put(
        lake,
        "clip_media",
        {"clip_id": "a", "mp4": long, "audio": b"flac", "reference": b"jpeg", "n_frames": 50},
        {"clip_id": "b", "reference": b"only"},
        {"clip_id": "c", "mp4": b"short", "n_frames": 60},
    )
    put(lake, "clip_media", {"clip_id": "d", "mp4": b"second fragment"})
    c, b, d, a = lake.read_media(["c", "b", "d", "a"], batch=3)
    assert (a.mp4, a.audio, a.reference, a.n_frames) == (long, b"flac", b"jpeg", 50)
    assert (b.mp4, b.audio, b.reference, b.n_frames) == (None, None, b"only", None)
    assert (c.clip_id, c.mp4, d.mp4) == ("c", b"short", b"second fragment")
    assert [media.mp4 for media in lake.read_media(["a", "c"], mp4=False)] == [None, None]


def test_a_batch_with_no_picture_at_all_is_written_and_read(lake):
    put(lake, "clip_media", {"clip_id": "a"}, {"clip_id": "b"})
    assert [media.mp4 for media in lake.read_media(["a", "b", "a"])] == [None, None, None]


def test_plain_bytes_become_blobs(lake):
    plain = table_of("clip_media", [{"clip_id": "a"}]).set_column(
        1, "mp4", pa.array([b"xyz"], pa.large_binary())
    )
    lake.append("clip_media", lake.write_fragments("clip_media", plain))
    assert next(lake.read_media(["a"])).mp4 == b"xyz"


def test_missing_media_is_named(lake):
    with pytest.raises(LakeError, match="clip gone has no media"):
        list(lake.read_media(["gone"]))


def test_status_counts_videos_clips_and_slots(lake):
    put(lake, "videos", {"video_id": "a", "status": "ingested"}, {"video_id": "b", "status": "quarantined"})
    old, new = source("9", NOON), source("10", NOON + timedelta(hours=1))
    put(
        lake,
        "clips",
        {"clip_id": "a", "keep": True, "hands_src": new},
        {"clip_id": "b", "keep": True, "hands_src": old, "body_src": source("1", None)},
        {"clip_id": "c", "keep": False, "reason": "blurred"},
        {"clip_id": "d", "keep": False, "reason": "timeout"},
    )
    assert lake.status() == {
        "videos": {"total": 2, "ingested": 1, "quarantined": 1, "forgotten": 0},
        "clips": {"total": 4, "kept": 2, "filtered": 1, "quarantined": 1},
        "annotators": {
            "body": {"version": "1", "filled": 1, "null": 3},
            "hands": {"version": "10", "filled": 2, "null": 2},
            "motion": {"version": None, "filled": 0, "null": 4},
            "fingerprint": {"version": None, "filled": 0, "null": 4},
            **{
                slot: {"version": None, "filled": 0, "null": 4}
                for slot in ("face", "audio", "speech", "speaker", "reference", "style")
            },
        },
        "versions": lake.versions(),
    }


CLIP_STATES = st.sampled_from([None, *sorted(FILTER_REASONS | QUARANTINE_REASONS)])


@settings(max_examples=25, deadline=None)
@given(reasons=st.lists(CLIP_STATES, max_size=40))
def test_every_clip_is_counted_once(tmp_path_factory, reasons):
    rows = [
        {"clip_id": str(number), "keep": reason is None, "reason": reason}
        for number, reason in enumerate(reasons)
    ]
    uri = tmp_path_factory.mktemp("clips") / "clips"
    counts = count_clips(lance.write_dataset(table_of("clips", rows), uri, data_storage_version="2.2"))
    assert counts == {
        "total": len(reasons),
        "kept": reasons.count(None),
        "filtered": sum(reason in FILTER_REASONS for reason in reasons),
        "quarantined": sum(reason in QUARANTINE_REASONS for reason in reasons),
    }
