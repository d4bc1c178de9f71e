"""Groups of videos by what ties them, and the side on which each stands."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.splits.groups import SplitVideo, split_groups
from datasets.splits.split import SPLITS

# By itself, video "a" stands in train, "10" in val and "120" in test: tests/datasets/splits/test_split.py


def groups(*videos: SplitVideo, pairs: tuple = ()) -> list[tuple]:
    return [(group.video_ids, group.split) for group in split_groups(videos, pairs)]


def test_a_video_alone_stands_where_its_key_says():
    alone = [SplitVideo(video_id) for video_id in ("a", "10", "120")]
    assert groups(*alone) == [(("10",), "val"), (("120",), "test"), (("a",), "train")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SplitVideo("10", speaker="ann", dataset="news"), SplitVideo("120", speaker="ann", dataset="news")),
        (SplitVideo("10", uri="/talk.mp4"), SplitVideo("120", uri="/talk.mp4")),
    ],
)
def test_one_speaker_or_one_address_is_one_group(first, second):
    (ids, _), *rest = groups(first, second)
    assert ids == ("10", "120")
    assert not rest


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SplitVideo("10", speaker="ann", dataset="news"), SplitVideo("120", speaker="ann", dataset="talks")),
        (SplitVideo("10", speaker="", uri=""), SplitVideo("120", speaker="", uri="")),
        (SplitVideo("10", speaker="/talk.mp4"), SplitVideo("120", uri="/talk.mp4")),
    ],
)
def test_namesakes_and_what_is_not_known_join_nothing(first, second):
    assert len(groups(first, second)) == 2


def test_near_duplicates_stand_in_the_first_of_their_splits():
    val, test = SplitVideo("10"), SplitVideo("120")
    assert groups(val, test, pairs=(("120", "10"),)) == [(("10", "120"), "val")]
    assert groups(val, test, SplitVideo("a"), pairs=(("10", "120"), ("120", "a"))) == [
        (("10", "120", "a"), "train")
    ]


def test_a_pair_that_names_a_video_that_is_gone_joins_nothing():
    assert groups(SplitVideo("10"), SplitVideo("120"), pairs=(("10", "gone"), ("gone", "120")))[0] == (
        ("10",),
        "val",
    )


def test_what_stood_in_train_stays_there():
    assert groups(SplitVideo("120", stood=frozenset({"train", "test"}))) == [(("120",), "train")]


ids = st.integers(0, 40).map(str)
videos = st.lists(
    st.builds(
        SplitVideo,
        ids,
        uri=st.none() | st.sampled_from(["/1", "/2", "/3"]),
        dataset=st.none() | st.sampled_from(["news", "talks"]),
        speaker=st.none() | st.sampled_from(["ann", "bob", "eve"]),
        stood=st.frozensets(st.sampled_from(SPLITS), max_size=1),
    ),
    unique_by=lambda video: video.video_id,
    max_size=20,
)
pairs = st.lists(st.tuples(ids, ids), max_size=8)


def sides(found: list) -> dict[str, str]:
    return {video_id: group.split for group in found for video_id in group.video_ids}


@given(videos, pairs)
def test_nothing_that_belongs_together_stands_in_two_splits(videos, pairs):
    found = sides(split_groups(videos, pairs))
    assert found.keys() == {video.video_id for video in videos}
    by_tie: dict[object, set] = {}
    for video in videos:
        if video.speaker:
            by_tie.setdefault((video.dataset, video.speaker), set()).add(found[video.video_id])
        if video.uri:
            by_tie.setdefault(video.uri, set()).add(found[video.video_id])
    assert all(len(splits) == 1 for splits in by_tie.values())
    assert all(found[first] == found[second] for first, second in pairs if {first, second} <= found.keys())


@given(videos, pairs, st.randoms())
def test_the_order_of_arrival_does_not_matter(videos, pairs, random):
    shuffled, swapped = list(videos), [pair[::-1] for pair in pairs]
    random.shuffle(shuffled)
    random.shuffle(swapped)
    assert split_groups(shuffled, swapped) == split_groups(videos, pairs)


@given(videos, pairs, videos, pairs)
def test_as_the_lake_grows_a_video_only_moves_towards_train(videos, pairs, later, later_pairs):
    before = sides(split_groups(videos, pairs))
    stands = [replace(video, stood=frozenset({before[video.video_id]})) for video in videos]
    new = [video for video in later if video.video_id not in before]
    after = sides(split_groups([*stands, *new], [*pairs, *later_pairs]))
    assert all(SPLITS.index(after[video_id]) <= SPLITS.index(split) for video_id, split in before.items())


@given(videos, pairs, st.sets(ids))
def test_as_videos_go_the_others_stay_where_they_stood(videos, pairs, gone):
    before = sides(split_groups(videos, pairs))
    left = [replace(v, stood=frozenset({before[v.video_id]})) for v in videos if v.video_id not in gone]
    assert sides(split_groups(left, pairs)) == {v.video_id: before[v.video_id] for v in left}
