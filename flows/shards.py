"""How a source is divided: a Prefect task costs 180 ms, so a run has at most a few hundred of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets.sources.video import SourceVideo

MAX_SHARDS = 500


@dataclass(frozen=True)
class Shard:
    """Videos that are worked on and committed together."""

    index: int
    videos: tuple[SourceVideo, ...]

    @property
    def name(self) -> str:
        return f"shard-{self.index:04d}"


def plan_shards(videos: Sequence[SourceVideo], videos_per_shard: int) -> list[Shard]:
    """Shards in source order, `videos_per_shard` each, more where that would make over 500 of them."""
    size = max(videos_per_shard, -(-len(videos) // MAX_SHARDS))
    starts = range(0, len(videos), size)
    return [Shard(index, tuple(videos[start : start + size])) for index, start in enumerate(starts)]
