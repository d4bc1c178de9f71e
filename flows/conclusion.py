"""The last of a clip: what other environments found is put in its row, the rest is derived, and it is judged."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from annotators.annotator import Annotator
from annotators.speaking import JUDGED_BY, SpeakingThresholds, why_not_speaking
from datasets.reasons import Reason
from datasets.schema import CLIPS, slot_columns
from flows.costs import Meter
from flows.labelling import columns_read, label_clip, without_pictures
from flows.rows import Labels, label_table

Slots = Mapping[
    str, pa.Table | str
]  # slot -> clip_id and its columns, or the sentence that says why it is null


def conclude(
    clips: pa.Table,
    slots: Slots,
    annotators: Sequence[Annotator],
    thresholds: SpeakingThresholds,
    *,
    run_id: str,
    meter: Meter,
) -> pa.Table:
    """Rows of `clips` as they go into the lake; those that were not kept before stay as they are.

    slots: of other environments; annotators: that run on columns alone, in their order. A clip in which somebody else
    speaks is not kept, and keeps its labels.
    """
    clips = merged(clips, slots)
    clips = _derived(clips, annotators, run_id, meter) if annotators else clips
    return _judged(clips, thresholds)


def merged(clips: pa.Table, slots: Slots) -> pa.Table:
    """The rows with the slots of other environments in their columns."""
    for slot, made in slots.items():
        clips = _with_reason(clips, slot, made) if isinstance(made, str) else _with_slot(clips, made)
    return clips


def _with_slot(clips: pa.Table, made: pa.Table) -> pa.Table:
    """The columns of `made` in the rows of their clips, null in the others."""
    return _with(clips, rows_of(made, clips["clip_id"]).drop_columns("clip_id"))


def rows_of(table: pa.Table, clip_ids: pa.ChunkedArray) -> pa.Table:
    """The rows of these clips in their order; nulls for a clip that the table lacks."""
    place = {clip_id: at for at, clip_id in enumerate(table["clip_id"].to_pylist())}
    return table.combine_chunks().take(
        pa.array([place.get(each) for each in clip_ids.to_pylist()], pa.int64())
    )


def _with_reason(clips: pa.Table, slot: str, sentence: str) -> pa.Table:
    """The slot is null, and says why where it has a column for that: not provenance, so it is stale."""
    name = f"{slot}_reason"
    if name not in CLIPS.names:
        return clips
    told = [sentence if kept else None for kept in clips["keep"].to_pylist()]
    return _with(clips, pa.table({name: pa.array(told, pa.string())}))


def _derived(
    clips: pa.Table,
    annotators: Sequence[Annotator],
    run_id: str,
    meter: Meter,
) -> pa.Table:
    reads = list(dict.fromkeys(slot for annotator in annotators for slot in annotator.reads))
    read = clips.select(list(dict.fromkeys(columns_read(reads)))).combine_chunks()
    labels: list[Labels] = []
    for at, row in enumerate(clips.select(["clip_id", "n_frames", "keep"]).to_pylist()):
        if not row["keep"]:
            labels.append({})
            continue
        before = {name: read[name].slice(at, 1).combine_chunks() for name in read.column_names}
        clip = without_pictures(row["clip_id"], row["n_frames"])
        labels.append(dict(label_clip(clip, annotators, run_id=run_id, gpus={}, meter=meter, before=before)))
    names = [name for annotator in annotators for name in slot_columns(annotator.name)]
    return _with(clips, label_table(names, labels))


def _judged(clips: pa.Table, thresholds: SpeakingThresholds) -> pa.Table:
    rows = clips.select(["keep", "reason", "detail", *JUDGED_BY]).to_pylist()
    verdicts = [why_not_speaking(row, thresholds) if row["keep"] else None for row in rows]
    if not any(verdicts):
        return clips
    for row, why in zip(rows, verdicts, strict=True):
        if why is not None:
            row |= {"keep": False, "reason": Reason.NOT_SPEAKING.value, "detail": why}
    names = ("keep", "reason", "detail")
    judged = {name: pa.array([row[name] for row in rows], CLIPS.field(name).type) for name in names}
    return _with(clips, pa.table(judged))


def _with(clips: pa.Table, columns: pa.Table) -> pa.Table:
    """The table with these columns in place of its own."""
    for name in columns.column_names:
        at = clips.schema.get_field_index(name)
        clips = clips.set_column(at, CLIPS.field(name), columns[name].cast(CLIPS.field(name).type))
    return clips
