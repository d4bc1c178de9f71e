"""The split column against the groups, in lakes that grow."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.replacement import commit_replacements
from datasets.splits.resolve import SplitMoves, resolve_splits
from datasets.splits.split import SPLITS, split_key, split_of
from tests.datasets.lakes import clip, new_lake, put_clips, recording, relabelled

# By itself, video "a" stands in train, "10" in val and "120" in test: tests/datasets/splits/test_split.py

ONE_TALK = recording(1)


def splits(lake) -> dict[str, str]:
    rows = lake.table("clips").to_table(columns=["clip_id", "split"]).to_pylist()
    return {row["clip_id"]: row["split"] for row in rows}


@pytest.fixture
def lake(tmp_path):
    return new_lake(tmp_path)


def test_splits_that_are_right_are_left_alone(lake):
    put_clips(lake, clip("a1", "a", split="train"), clip("t1", "120", split="test"))
    version = lake.table("clips").version
    assert resolve_splits(lake) == SplitMoves(clips=0, videos=0, largest_group=1)
    assert lake.table("clips").version == version


def test_near_duplicates_are_brought_together(lake):
    put_clips(lake, clip("v1", "10", split="val", fingerprint_frames=ONE_TALK))
    put_clips(lake, clip("t1", "120", split="test", fingerprint_frames=ONE_TALK))
    assert resolve_splits(lake) == SplitMoves(clips=1, videos=1, largest_group=2)
    assert splits(lake) == {"v1": "val", "t1": "val"}


def test_one_speaker_is_brought_together_once_the_source_names_them(lake):
    ann = {"speaker": "ann", "dataset": "news"}
    put_clips(
        lake, clip("a1", "a", split="train"), clip("t1", "120", split="test"), videos={"a": ann, "120": ann}
    )
    resolve_splits(lake)
    assert splits(lake) == {"a1": "train", "t1": "train"}


def test_only_fragments_with_a_wrong_split_are_written_and_only_that_column(lake):
    put_clips(lake, clip("a1", "a", split="train"), clip("a2", "a", split="train"))
    put_clips(
        lake, clip("t1", "120", split="train", fingerprint_frames=ONE_TALK), clip("v1", "10", split=None)
    )
    before = [[f.path for f in fragment.data_files()] for fragment in lake.table("clips").get_fragments()]
    rows = lake.table("clips").to_table().drop_columns("split")
    resolve_splits(lake)
    after = [[f.path for f in fragment.data_files()] for fragment in lake.table("clips").get_fragments()]
    assert after[0] == before[0]
    assert after[1][:-1] == before[1]
    assert lake.table("clips").to_table().drop_columns("split") == rows
    assert splits(lake)["v1"] == "val"


def test_filtered_clips_stand_with_their_video(lake):
    put_clips(lake, clip("v1", "10", split="val"), clip("v2", "10", split=None, keep=False))
    resolve_splits(lake)
    assert splits(lake) == {"v1": "val", "v2": "val"}


def test_rows_that_were_deleted_do_no_harm(lake):
    put_clips(lake, *(clip(f"t{n}", "120", split="train") for n in range(3)), clip("v1", "10", split="train"))
    lake.delete("clips", "clip_id = 't1'")
    put_clips(lake, clip("v2", "10", split=None))
    resolve_splits(lake)
    assert splits(lake) == {"t0": "train", "t2": "train", "v1": "train", "v2": "train"}


def test_a_clip_whose_video_is_not_committed_yet_stands_by_itself(lake):
    put_clips(lake, clip("t1", "120", split=None))
    lake.delete("videos", "video_id = '120'")
    resolve_splits(lake)
    assert splits(lake) == {"t1": "test"}


def test_labels_that_wait_for_their_commit_are_not_lost_to_new_splits(lake):
    put_clips(lake, clip("v1", "10", split=None))
    waiting = relabelled(lake, "v1", place=-1.0)
    resolve_splits(lake)
    assert not commit_replacements(lake, [waiting]).outdated
    (row,) = lake.table("clips").to_table(columns=["split", "body_place_clip"]).to_pylist()
    assert (row["split"], row["body_place_clip"][0]) == ("val", -1.0)


talks = st.tuples(
    st.integers(0, 30).map(str),  # video
    st.none() | st.sampled_from(["ann", "bob"]),
    st.sampled_from([None, 1, 2]),  # what it shows; None: nobody else shows it
)
growths = st.lists(
    st.lists(talks, min_size=1, max_size=4, unique_by=lambda talk: talk[0]), min_size=2, max_size=4
)


@pytest.mark.slow
@settings(max_examples=6)
@given(growths)
def test_however_a_lake_grows_nothing_leaks_and_nothing_leaves_train(tmp_path_factory, growths):
    lake, talks, before = new_lake(tmp_path_factory.mktemp("grow")), {}, {}
    for growth in growths:
        new = {video: (speaker, shown) for video, speaker, shown in growth if video not in talks}
        talks |= new
        rows = []
        for video, (speaker, shown) in new.items():
            prints = {} if shown is None else {"fingerprint_frames": recording(shown)}
            rows.append(clip(f"clip-{video}", video, split=split_of(split_key(video, speaker)), **prints))
        if rows:
            put_clips(
                lake, *rows, videos={video: {"speaker": speaker} for video, (speaker, _) in new.items()}
            )
        resolve_splits(lake)
        found = {clip_id.removeprefix("clip-"): split for clip_id, split in splits(lake).items()}
        for part in (0, 1):
            for what in {talk[part] for talk in talks.values()} - {None}:
                assert len({found[video] for video, talk in talks.items() if talk[part] == what}) == 1
        assert all(SPLITS.index(found[video]) <= SPLITS.index(split) for video, split in before.items())
        before = found
