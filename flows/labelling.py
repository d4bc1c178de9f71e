"""Every annotator's columns for one clip, with where they come from and what they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Annotator, Clip, Needs
from annotators.columns import one_value
from datasets import provenance
from datasets.content import digest
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.schema import SLOTS
from flows.costs import Meter
from flows.rows import Labels

_NO_FRAMES = np.empty((0, CLIP_HEIGHT_PX, CLIP_WIDTH_PX, 3), np.uint8)
_NEEDS: tuple[Needs, ...] = ("columns", "sound", "pictures")  # each includes those before it


def label_clip(
    clip: Clip,
    annotators: Sequence[Annotator],
    *,
    run_id: str,
    gpus: Mapping[str, float],
    meter: Meter,
    before: Labels | None = None,
) -> Labels:
    """The columns of every annotator's slot, each an array of length 1.

    Annotators run in order and read the columns of those before them. Each is a stage of the meter. gpus: held by
    an annotator while it runs, by its name; none for those that are not named. before: columns that others filled,
    with their `_src`; annotators find their values in `clip.columns`, whatever that held.
    """
    labels: dict[str, pa.Array] = {}
    known = dict(before or {})
    clip = replace(clip, columns={**clip.columns, **_values(known)})
    for annotator in annotators:
        name = annotator.name
        with meter.stage(
            name, clip.n_frames, gpus=gpus.get(name, 0.0), children=annotator.needs != "columns"
        ):
            row = annotator.annotate([clip])
        columns = dict(zip(row.schema.names, row.columns, strict=True))
        source = provenance.source(name, annotator.version, annotator.params, run_id)
        made = {**columns, **_origin(annotator, columns, source, known)}
        labels, known = labels | made, known | made
        clip = replace(clip, columns={**clip.columns, **_values(columns)})
    return labels


def without_pictures(
    clip_id: str, n_frames: int, audio: np.ndarray | None = None, columns: Mapping[str, Any] | None = None
) -> Clip:
    """A clip for annotators that need none; it says how many frames there are."""
    return Clip(clip_id, _NO_FRAMES, audio, columns or {}, stored_frames=n_frames)


def most_needed(annotators: Iterable[Annotator]) -> Needs:
    """What has to be in memory so that each of them can work."""
    return max((annotator.needs for annotator in annotators), key=_NEEDS.index, default="columns")


def columns_read(reads: Iterable[str]) -> list[str]:
    """The columns that `label_clip` wants as `before` for annotators that read these slots."""
    return [name for slot in reads for name in (*SLOTS[slot].names, f"{slot}_src")]


def _values(columns: Labels) -> dict[str, Any]:
    return {name: one_value(value) for name, value in columns.items() if not _is_origin(name)}


def _is_origin(name: str) -> bool:
    slot, _, what = name.partition("_")
    return slot in SLOTS and what in ("src", "rev", "inputs", "digest")


def _origin(
    annotator: Annotator, columns: Labels, source: Mapping[str, Any], before: Labels
) -> dict[str, pa.Array]:
    """The slot's columns beside its values."""
    name = annotator.name
    sources = {slot: _source(before.get(f"{slot}_src")) for slot in annotator.reads}
    return {
        f"{name}_src": pa.array([source]),
        f"{name}_rev": pa.array([1], pa.int32()),
        f"{name}_inputs": pa.array([provenance.inputs_of(annotator.reads, sources)], pa.string()),
        f"{name}_digest": pa.array([digest(columns)], pa.string()),
    }


def _source(stored: pa.Array | None) -> Mapping[str, Any] | None:
    """None where the slot is null; a store may give that back as a struct of nulls."""
    source = None if stored is None else stored[0].as_py()
    return source if source and source["version"] is not None else None
