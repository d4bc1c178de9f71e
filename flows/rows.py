"""Rows of `clips`, `clip_media` and `videos` from plans, labels and media."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from datasets.schema import CLIPS
from datasets.style import STYLES, Style
from flows.clip_plan import ClipPlan

Labels = Mapping[str, pa.Array]  # column name -> array of length 1

# The guard's pipe carries plain bytes; the lake turns `mp4` into a blob as it writes.
MEDIA = pa.schema(
    [
        ("clip_id", pa.string()),
        ("mp4", pa.large_binary()),
        ("audio", pa.binary()),
        ("reference", pa.binary()),
        ("n_frames", pa.int32()),
        ("encode_hash", pa.string()),
    ]
)
_MEDIA_ONLY = [name for name in MEDIA.names if name not in CLIPS.names]


def clip_table(
    plans: Sequence[ClipPlan],
    labels: Sequence[Labels],
    *,
    run_id: str,
    split: str,
    style_told: str | None = None,
) -> pa.Table:
    """A `clips` row a plan; columns that no annotator filled are null. style_told: by the source."""
    told = {"style_told": style_told, "style_told_by": "source" if style_told else None}
    stamp = {"run_id": run_id, "split": split, **told}
    known = [plan.columns() | stamp for plan in plans]
    columns = [_column(field, known, labels) for field in CLIPS]
    return pa.table(columns, schema=CLIPS)


def label_table(names: Sequence[str], labels: Sequence[Labels]) -> pa.Table:
    """These columns of `clips`, a row for each of the labels; what they lack is null."""
    fields = [CLIPS.field(name) for name in names]
    return pa.table([_labelled(field, labels) for field in fields], schema=pa.schema(fields))


def told_style(text: str | None) -> Style | None:
    """The style that a source names, however it writes it, such as "Gesture dance"; None for any other word."""
    name = "_".join(re.split(r"[\s_-]+", (text or "").strip().lower()))
    return next((style for style in STYLES if style == name), None)


def _column(field: pa.Field, known: Sequence[Mapping[str, Any]], labels: Sequence[Labels]) -> pa.Array:
    if known and field.name in known[0]:
        return pa.array([row[field.name] for row in known], field.type)
    return _labelled(field, labels)


def _labelled(field: pa.Field, labels: Sequence[Labels]) -> pa.Array:
    empty = pa.nulls(1, field.type)
    parts = [_cast(label.get(field.name, empty), field.type) for label in labels]
    return pa.concat_arrays(parts) if parts else pa.nulls(0, field.type)


def _cast(array: pa.Array, to: pa.DataType) -> pa.Array:
    return array if array.type == to else array.cast(to)


def media_table(media: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    """A `clip_media` row a clip id; what is not given is null."""
    rows = [{"clip_id": clip_id, **parts} for clip_id, parts in media.items()]
    return pa.Table.from_pylist(rows, schema=MEDIA)


def merge_media(clips: pa.Table, media: pa.Table) -> pa.Table:
    """One table of `clips` columns with the media's beside them; both hold the same clips in one order."""
    for name in _MEDIA_ONLY:
        clips = clips.append_column(MEDIA.field(name), media[name])
    return clips


def split_media(merged: pa.Table) -> tuple[pa.Table, pa.Table]:
    """(`clips` rows, `clip_media` rows) of a merged table; clips without any media get no media row."""
    media = merged.select(MEDIA.names)
    return merged.drop_columns(_MEDIA_ONLY), media.filter(pc.field("reference").is_valid())
