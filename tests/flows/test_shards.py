from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from datasets.sources.video import SourceVideo
from flows.shards import MAX_SHARDS, plan_shards


def videos(how_many: int) -> list[SourceVideo]:
    return [SourceVideo(uri=f"/videos/{index}.mp4") for index in range(how_many)]


def test_shards_are_named_in_source_order():
    shards = plan_shards(videos(5), videos_per_shard=2)
    assert [(shard.name, len(shard.videos)) for shard in shards] == [
        ("shard-0000", 2),
        ("shard-0001", 2),
        ("shard-0002", 1),
    ]


def test_a_run_that_plans_again_goes_on_counting():
    numbers = count()
    rounds = [plan_shards(videos(3), videos_per_shard=2, numbers=numbers) for _ in range(2)]
    assert [[shard.name for shard in shards] for shards in rounds] == [
        ["shard-0000", "shard-0001"],
        ["shard-0002", "shard-0003"],
    ]


@given(st.integers(0, 3000), st.integers(1, 50))
def test_every_video_is_in_one_shard_and_shards_stay_few(count, size):
    shards = plan_shards(videos(count), size)
    assert [video for shard in shards for video in shard.videos] == videos(count)
    assert len(shards) <= MAX_SHARDS
