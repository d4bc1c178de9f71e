"""How a source is divided: a Prefect task costs 180 ms, so a run has at most a few hundred of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

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


def plan_shards(
    videos: Sequence[SourceVideo], videos_per_shard: int, numbers: Iterator[int] | None = None
) -> list[Shard]:
    """Shards in source order, `videos_per_shard` each, more where that would make over 500 of them.

    numbers: what they are called by, from 0 unless told; a run that plans again goes on with those it has.
    """
    size = max(videos_per_shard, -(-len(videos) // MAX_SHARDS))
    starts = range(0, len(videos), size)
    called = zip(starts, numbers or count(), strict=False)
    return [Shard(index, tuple(videos[start : start + size])) for start, index in called]
