"""Every annotator's columns for one clip, with where they come from and what they hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from annotators.annotator import Annotator, Clip
from annotators.columns import one_value
from datasets import provenance
from datasets.content import digest
from flows.costs import Meter
from flows.rows import Labels


def label_clip(
    clip: Clip, annotators: Sequence[Annotator], *, run_id: str, gpus: Mapping[str, float], meter: Meter
) -> Labels:
    """The columns of every annotator's slot, each an array of length 1.

    Annotators run in order and read the columns of those before them. Each is a stage of the meter. gpus: held by
    an annotator while it runs, by its name; none for those that are not named.
    """
    labels: dict[str, pa.Array] = {}
    sources: dict[str, Mapping[str, Any]] = {}
    for annotator in annotators:
        name = annotator.name
        with meter.stage(name, len(clip.frames), gpus=gpus.get(name, 0.0), children=True):
            row = annotator.annotate([clip])
        columns = dict(zip(row.schema.names, row.columns, strict=True))
        source = provenance.source(name, annotator.version, annotator.params, run_id)
        labels |= {**columns, **_origin(annotator, columns, source, sources)}
        sources[name] = source
        values = {column: one_value(value) for column, value in columns.items()}
        clip = Clip(clip.clip_id, clip.frames, clip.audio, {**clip.columns, **values})
    return labels


def _origin(
    annotator: Annotator,
    columns: Labels,
    source: Mapping[str, Any],
    before: Mapping[str, Mapping[str, Any]],
) -> Labels:
    """The slot's columns beside its values."""
    name = annotator.name
    return {
        f"{name}_src": pa.array([source]),
        f"{name}_rev": pa.array([1], pa.int32()),
        f"{name}_inputs": pa.array([provenance.inputs_of(annotator.reads, before)], pa.string()),
        f"{name}_digest": pa.array([digest(columns)], pa.string()),
    }
