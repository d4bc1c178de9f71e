"""Which videos have to stand on one side of a split, and on which: no person and no recording in two splits.

Videos of one speaker, of one address, and those that show the same recording form a group. A group stands in the
first of train, val and test in which any of its videos stands by itself or stood before. So a group only ever moves
towards train: what was trained on is never tested on later, whatever joins the lake.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from datasets.splits.split import SPLITS, Split, split_key, split_of


@dataclass(frozen=True)
class SplitVideo:
    """What of a video decides where it stands."""

    video_id: str
    uri: str | None = None
    dataset: str | None = None
    speaker: str | None = None
    stood: frozenset[Split] = field(default_factory=frozenset)  # the splits its clips have now


@dataclass(frozen=True)
class SplitGroup:
    """Videos that have to stand together."""

    video_ids: tuple[str, ...]  # sorted
    split: Split


def split_groups(
    videos: Iterable[SplitVideo], near_duplicates: Iterable[tuple[str, str]]
) -> list[SplitGroup]:
    """Every video in one group, in the order of each group's first video; the order of arrival does not matter.

    Pairs of near-duplicates may name videos that are not there: they join nothing.
    """
    known = {video.video_id: video for video in videos}
    parents: dict[Hashable, Hashable] = {}
    for video in known.values():
        for tie in _ties(video):
            _join(parents, ("video", video.video_id), tie)
    for first, second in near_duplicates:
        if first in known and second in known:
            _join(parents, ("video", first), ("video", second))
    members: dict[Hashable, list[str]] = {}
    for video_id in sorted(known):
        members.setdefault(_root(parents, ("video", video_id)), []).append(video_id)
    return [SplitGroup(tuple(ids), _split([known[each] for each in ids])) for ids in members.values()]


def _ties(video: SplitVideo) -> Iterator[Hashable]:
    if video.speaker:
        yield ("speaker", video.dataset or "", video.speaker)
    if video.uri:
        yield ("uri", video.uri)


def _split(videos: Iterable[SplitVideo]) -> Split:
    votes: set[Split] = set()
    for video in videos:
        votes |= video.stood
        votes.add(split_of(split_key(video.video_id, video.speaker, video.dataset)))
    return next(split for split in SPLITS if split in votes)


def _root(parents: dict[Hashable, Hashable], node: Hashable) -> Hashable:
    """The node that stands for the whole group."""
    while (above := parents.setdefault(node, node)) != node:
        parents[node] = parents.setdefault(above, above)  # halves the way for the next one who asks
        node = above
    return node


def _join(parents: dict[Hashable, Hashable], first: Hashable, second: Hashable) -> None:
    parents[_root(parents, first)] = _root(parents, second)
