"""How a re-annotation is divided: stale clips, fragment by fragment, into shards that are written together."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

import lance

from datasets.identity import params_hash
from datasets.replacement import fragment_basis
from datasets.schema import slot_columns
from datasets.selection import checked_selection
from datasets.staleness import StaleClip, Wanted, stale_clips
from flows.shards import MAX_SHARDS


@dataclass(frozen=True)
class StaleShard:
    """Stale clips of some fragments, all that this run does of these fragments."""

    index: int
    shard_id: str  # the same for the same clips, values they rest on, annotator, version and parameters
    fragments: dict[int, tuple[StaleClip, ...]]

    @property
    def name(self) -> str:
        return f"shard-{self.index:04d}"

    @property
    def clips(self) -> list[StaleClip]:
        return [clip for clips in self.fragments.values() for clip in clips]


@dataclass(frozen=True)
class Plan:
    """What is to be done at one version of `clips`."""

    version: int
    shards: tuple[StaleShard, ...] = ()
    why: Counter[str] = field(default_factory=Counter)  # of the clips in the shards
    waiting: int = 0  # stale clips that lack a slot they are derived from

    @property
    def n_clips(self) -> int:
        return self.why.total()


def plan_reannotation(
    table: lance.LanceDataset,
    wanted: Wanted,
    *,
    where: str | None = None,
    limit: int | None = None,
    only: Collection[str] | None = None,
    clips_per_shard: int,
) -> Plan:
    """The stale clips at the table's version for which `where` holds, the first `limit` of them.

    only: these clips alone. Raises SelectionError where `where` is no SQL over clips.
    """
    chosen = checked_selection(table, where) if where else None
    stale = list(stale_clips(table, wanted, chosen))
    if only is not None:
        stale = [clip for clip in stale if clip.clip_id in only]
    ready = list(islice((clip for clip in stale if not clip.waits), limit))
    size = max(clips_per_shard, -(-len(ready) // MAX_SHARDS))
    shards = [
        StaleShard(index, _shard_id(table, wanted, fragments), fragments)
        for index, fragments in enumerate(_grouped(ready, size))
    ]
    waiting = sum(clip.waits for clip in stale)
    return Plan(table.version, tuple(shards), Counter(clip.why for clip in ready), waiting)


def batches(clips: Iterable[StaleClip], max_frames: int) -> list[tuple[StaleClip, ...]]:
    """Consecutive clips of at most `max_frames` together; a longer one gets a batch of its own."""
    grouped: list[list[StaleClip]] = []
    room = 0
    for clip in clips:
        if not grouped or clip.n_frames > room:
            grouped.append([])
            room = max_frames
        grouped[-1].append(clip)
        room -= clip.n_frames
    return [tuple(batch) for batch in grouped]


def _grouped(clips: Sequence[StaleClip], size: int) -> Iterator[dict[int, tuple[StaleClip, ...]]]:
    """Whole fragments, until `size` clips are together."""
    group: dict[int, tuple[StaleClip, ...]] = {}
    for fragment_id, members in groupby(clips, key=lambda clip: clip.fragment_id):
        group[fragment_id] = tuple(members)
        if sum(map(len, group.values())) >= size:
            yield group
            group = {}
    if group:
        yield group


def _shard_id(table: lance.LanceDataset, wanted: Wanted, fragments: dict[int, tuple[StaleClip, ...]]) -> str:
    columns = [column for slot in (wanted.slot, *wanted.reads) for column in slot_columns(slot)]
    what = {
        "slot": wanted.slot,
        "version": wanted.version,
        "params": wanted.params_hash,
        **({"left_out": wanted.left_out} if wanted.left_out else {}),
        "fragments": [fragment_basis(table, fragment_id, columns) for fragment_id in fragments],
        "clips": [clip.clip_id for clips in fragments.values() for clip in clips],
    }
    return f"reannotate-{wanted.slot}-{params_hash(what)}"
