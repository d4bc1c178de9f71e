"""Stale clips through one annotator, as a worker sees it; free of Ray so that it runs in a test or a notebook."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Annotator, Clip
from annotators.columns import one_value
from annotators.speaking import JUDGED_BY, JUDGED_SLOT, SpeakingThresholds, judged_again
from datasets.content import row_digests
from datasets.counts import is_in
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX, MAX_CLIP_FRAMES
from datasets.lake import ClipMedia, Lake
from datasets.media.clip_reader import read_clip, read_sound
from datasets.media.errors import MediaError
from datasets.provenance import inputs_of, source
from datasets.replacement import Replacement, write_replacement
from datasets.schema import CLIPS, SLOTS, slot_columns
from flows.costs import Costs, Meter
from flows.labelling import without_pictures
from flows.reannotation.plan import StaleShard

_MEDIA_AT_ONCE = 4  # clips whose mp4 is in memory
_SOUNDS_AT_ONCE = 64
_VERDICT = ("keep", "reason", "detail")  # columns that new values of JUDGED_SLOT may change


@dataclass(frozen=True)
class Failure:
    """A clip that could not be done, and why in one sentence; it keeps the values it has."""

    clip_id: str
    sentence: str


@dataclass(frozen=True)
class Annotated:
    """New values of some clips."""

    rows: pa.Table | None = None  # clip_id, every column of the slot, and what that decides
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
    speaking: SpeakingThresholds = field(default_factory=SpeakingThresholds)  # for the slot that decides

    @property
    def judges(self) -> bool:
        """Whether the new values decide if a clip is kept."""
        return self.annotator.name == JUDGED_SLOT

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
        if self.judges:
            columns += [name for name in (*_VERDICT, *JUDGED_BY) if name not in columns]
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
        if self.annotator.needs == "columns":
            frames = {clip: one_value(before[clip]["n_frames"]) or 0 for clip in clip_ids}
            yield from (
                without_pictures(clip, frames[clip], columns=values) for clip, values in columns.items()
            )
            return
        there = self.lake.clip_ids("clip_media", clip_ids=columns)
        yield from (Failure(clip, "it has no media") for clip in columns if clip not in there)
        stored = {clip: values for clip, values in columns.items() if clip in there}
        yield from (
            self._seen(stored, meter) if self.annotator.needs == "pictures" else self._heard(stored, meter)
        )

    def _seen(self, columns: Mapping[str, dict[str, Any]], meter: Meter) -> Iterator[Clip | Failure]:
        """With pictures and sound; each clip's pictures are gone when the next is asked for."""
        buffer = np.empty((MAX_CLIP_FRAMES, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)

        def decoded(media: ClipMedia) -> Clip:
            with meter.stage("decode", media.n_frames or 0):
                frames, audio = read_clip(media, buffer=buffer)
            return Clip(media.clip_id, frames, audio, columns[media.clip_id])

        yield from map(_or_failure(decoded), self.lake.read_media([*columns], batch=_MEDIA_AT_ONCE))

    def _heard(self, columns: Mapping[str, dict[str, Any]], meter: Meter) -> Iterator[Clip | Failure]:
        """With the sound alone: the mp4 is not even read."""

        def decoded(media: ClipMedia) -> Clip:
            n_frames = media.n_frames or 0
            with meter.stage("decode sound", n_frames):
                audio = read_sound(media)
            return without_pictures(media.clip_id, n_frames, audio, columns[media.clip_id])

        sounds = self.lake.read_media([*columns], mp4=False, batch=_SOUNDS_AT_ONCE)
        yield from map(_or_failure(decoded), sounds)

    def _tried(self, clip: Clip, before: Mapping[str, pa.Array], meter: Meter) -> pa.RecordBatch | Failure:
        # Whoever decodes may run a backend in a process of its own, and looking for it takes some milliseconds.
        amount, children = one_value(before["n_frames"]) or 0, self.annotator.needs != "columns"
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
        if self.judges:
            columns |= self._verdicts(values, old)
            names += _VERDICT
        return pa.table({name: _typed(name, columns[name]) for name in names})

    def _verdicts(
        self, values: pa.Table, before: Sequence[Mapping[str, pa.Array]]
    ) -> dict[str, Sequence[Any]]:
        """Whether each clip is kept now, and why not."""
        verdicts = []
        for new, old in zip(values.to_pylist(), before, strict=True):
            known = {name: one_value(old[name]) for name in (*_VERDICT, *JUDGED_BY)}
            keep, reason, detail = (known[name] for name in _VERDICT)
            verdicts.append(judged_again((keep, reason, detail), known | new, self.speaking))
        return dict(zip(_VERDICT, zip(*verdicts, strict=True), strict=True))


def _or_failure(decoded: Callable[[ClipMedia], Clip]) -> Callable[[ClipMedia], Clip | Failure]:
    def tried(media: ClipMedia) -> Clip | Failure:
        try:
            return decoded(media)
        except MediaError as error:
            return Failure(media.clip_id, error.detail)

    return tried


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
    read += JUDGED_BY if slot == JUDGED_SLOT else ()
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
    """Of each slot, None where it is null; a store may give that back as a struct of nulls."""
    stored = {slot: row[f"{slot}_src"][0].as_py() for slot in reads}
    return {slot: source if source and source["version"] else None for slot, source in stored.items()}
