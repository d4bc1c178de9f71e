"""Stale clips through one annotator, as a worker sees it; free of Ray so that it runs in a test or a notebook."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Annotator, Clip
from annotators.columns import one_value
from datasets.content import row_digests
from datasets.counts import is_in
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX, MAX_CLIP_FRAMES
from datasets.lake import Lake
from datasets.media.clip_reader import read_clip
from datasets.media.errors import MediaError
from datasets.provenance import inputs_of, source
from datasets.replacement import Replacement, write_replacement
from datasets.schema import CLIPS, SLOTS, slot_columns
from flows.costs import Costs, Meter
from flows.reannotation.plan import StaleShard

_MEDIA_AT_ONCE = 4  # clips whose mp4 is in memory
_NO_FRAMES = np.empty((0, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)


@dataclass(frozen=True)
class Failure:
    """A clip that could not be done, and why in one sentence; it keeps the values it has."""

    clip_id: str
    sentence: str


@dataclass(frozen=True)
class Annotated:
    """New values of some clips."""

    rows: pa.Table | None = None  # clip_id and every column of the slot
    failures: tuple[Failure, ...] = ()
    costs: Costs = field(default_factory=Costs)


@dataclass(frozen=True)
class ClipWork:
    """Annotates clips of one version of the table."""

    lake: Lake
    annotator: Annotator
    version: int  # of `clips`, at which upstream slots and revisions are read
    run_id: str
    gpus: float = 0.0

    def annotate(self, clip_ids: Sequence[str], fragment_ids: Sequence[int]) -> Annotated:
        """New rows of these clips, which lie in these fragments, one after the other; decodes what is needed."""
        before, meter = self._rows(clip_ids, fragment_ids), Meter()
        rows, failures = [], []
        for clip in self._clips(clip_ids, before, meter):
            made = clip if isinstance(clip, Failure) else self._tried(clip, before[clip.clip_id], meter)
            if isinstance(made, Failure):
                failures.append(made)
            else:
                rows.append((clip.clip_id, made))
        table = self._table(rows, before) if rows else None
        return Annotated(table, tuple(failures), meter.costs)

    def _rows(self, clip_ids: Sequence[str], fragment_ids: Sequence[int]) -> dict[str, dict[str, pa.Array]]:
        """clip_id -> its columns that are needed, each of length 1."""
        table = self.lake.table("clips", self.version)
        reads = self.annotator.reads
        columns = ["clip_id", "n_frames", f"{self.annotator.name}_rev"]
        columns += [name for slot in reads for name in (*SLOTS[slot].names, f"{slot}_src")]
        fragments = [each for each in table.get_fragments() if each.fragment_id in fragment_ids]
        found = table.scanner(
            columns=columns, filter=is_in("clip_id", clip_ids), fragments=fragments
        ).to_table()
        found = found.combine_chunks()
        return {
            clip_id: {name: _one(found[name], i) for name in columns}
            for i, clip_id in enumerate(found["clip_id"].to_pylist())
        }

    def _clips(
        self, clip_ids: Sequence[str], before: Mapping[str, Mapping[str, pa.Array]], meter: Meter
    ) -> Iterator[Clip | Failure]:
        """The clips in memory, one at a time."""
        names = [name for slot in self.annotator.reads for name in SLOTS[slot].names]
        columns = {clip: {name: one_value(before[clip][name]) for name in names} for clip in clip_ids}
        if self.annotator.needs_media:
            yield from self._decoded(columns, meter)
        else:
            yield from (Clip(clip, _NO_FRAMES, None, values) for clip, values in columns.items())

    def _decoded(self, columns: Mapping[str, dict[str, Any]], meter: Meter) -> Iterator[Clip | Failure]:
        """Each clip's pictures are gone when the next is asked for."""
        there = self.lake.clip_ids("clip_media", clip_ids=columns)
        yield from (Failure(clip, "it has no media") for clip in columns if clip not in there)
        buffer = np.empty((MAX_CLIP_FRAMES, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)
        for media in self.lake.read_media([clip for clip in columns if clip in there], batch=_MEDIA_AT_ONCE):
            try:
                with meter.stage("decode", media.n_frames or 0):
                    frames, audio = read_clip(media, buffer=buffer)
            except MediaError as error:
                yield Failure(media.clip_id, error.detail)
            else:
                yield Clip(media.clip_id, frames, audio, columns[media.clip_id])

    def _tried(self, clip: Clip, before: Mapping[str, pa.Array], meter: Meter) -> pa.RecordBatch | Failure:
        # Whoever decodes may run a backend in a process of its own, and looking for it takes some milliseconds.
        amount, children = one_value(before["n_frames"]) or 0, self.annotator.needs_media
        try:
            with meter.stage(self.annotator.name, amount, gpus=self.gpus, children=children):
                return _checked(self.annotator.annotate([clip]), self.annotator.name)
        except (
            Exception
        ) as error:  # of one clip among many: the others are worth having, and the run ends as failed
            return Failure(clip.clip_id, f"{type(error).__name__}: {error}")

    def _table(
        self, made: Sequence[tuple[str, pa.RecordBatch]], before: Mapping[str, Mapping[str, pa.Array]]
    ) -> pa.Table:
        """The rows as they go into `clips`: values, then where they come from."""
        slot, annotator = self.annotator.name, self.annotator
        values = pa.Table.from_batches([row for _, row in made]).combine_chunks()
        old = [before[clip_id] for clip_id, _ in made]
        origin = source(slot, annotator.version, annotator.params, self.run_id)
        columns = {name: values[name] for name in SLOTS[slot].names} | {
            "clip_id": [clip_id for clip_id, _ in made],
            f"{slot}_src": [origin] * len(made),
            f"{slot}_rev": [(one_value(row[f"{slot}_rev"]) or 0) + 1 for row in old],
            f"{slot}_inputs": [inputs_of(annotator.reads, _sources(annotator.reads, row)) for row in old],
            f"{slot}_digest": row_digests(values, SLOTS[slot].names),
        }
        names = ["clip_id", *slot_columns(slot)]
        return pa.table({name: _typed(name, columns[name]) for name in names})


def write_shard(
    lake: Lake,
    shard: StaleShard,
    version: int,
    tables: Sequence[pa.Table],
    *,
    slot: str,
    reads: Sequence[str],
) -> list[Replacement]:
    """New column files of a shard's fragments; nothing is committed. Fragments without new rows are left out."""
    rows = pa.concat_tables(tables).combine_chunks()
    place = {clip_id: i for i, clip_id in enumerate(rows["clip_id"].to_pylist())}
    read = [column for name in reads for column in slot_columns(name)]
    written = []
    for fragment_id, clips in shard.fragments.items():
        chosen = [place[clip.clip_id] for clip in clips if clip.clip_id in place]
        if chosen:
            new = rows.take(chosen)
            written.append(write_replacement(lake, new, version=version, fragment_id=fragment_id, reads=read))
    return written


def _checked(row: pa.RecordBatch, slot: str) -> pa.RecordBatch:
    """Raises ValueError where an annotator of somebody's own gives another number of rows, or other columns."""
    if row.num_rows != 1:
        raise ValueError(f"the annotator {slot} returned {row.num_rows} rows for one clip")
    if row.schema != SLOTS[slot]:
        raise ValueError(f"the annotator {slot} returned other columns than its schema says")
    return row


def _one(column: pa.ChunkedArray, i: int) -> pa.Array:
    return column.slice(i, 1).combine_chunks()


def _typed(name: str, values: Any) -> Any:
    return values if isinstance(values, pa.ChunkedArray) else pa.array(values, CLIPS.field(name).type)


def _sources(reads: Sequence[str], row: Mapping[str, pa.Array]) -> dict[str, Any]:
    return {slot: row[f"{slot}_src"][0].as_py() for slot in reads}
