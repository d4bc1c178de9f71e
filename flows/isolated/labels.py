"""Clips that an ingest has just made through one annotator of another environment; runs there, without an engine."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pyarrow as pa

from annotators.annotator import Annotator, Clip
from datasets.lake import ClipMedia
from datasets.media.clip_reader import read_sound
from datasets.schema import CLIPS, slot_columns
from flows.costs import Costs, Meter
from flows.isolated.choice import PYTHON_VARIABLE
from flows.labelling import columns_read, label_clip, without_pictures
from flows.rows import Labels, label_table

_OURS = ("builtins", "datasets", "annotators", "flows")
_MOST_CHARACTERS = 500


class IsolatedError(Exception):
    """What went wrong in another environment, in words: the exception's own class may not exist elsewhere."""


@dataclass(frozen=True)
class Labelled:
    """One slot of some clips."""

    slot: str
    rows: pa.Table  # clip_id and every column of the slot; where a clip failed, its reason alone
    costs: Costs


def sounds_schema(reads: tuple[str, ...]) -> pa.Schema:
    """Of the table that such an annotator is given: the clip's sound as FLAC, and the columns that it reads."""
    known = [CLIPS.field(name) for name in columns_read(reads)]
    return pa.schema([("clip_id", pa.string()), ("n_frames", pa.int32()), ("audio", pa.binary()), *known])


def label_sounds(clips: pa.Table, annotator: Annotator, *, run_id: str, gpus: float) -> Labelled:
    """The annotator's slot of clips without their pictures; `clips` has the columns of `sounds_schema`.

    A clip that cannot be done costs nobody else's labels, and keeps nothing but the reason: it stays stale.
    """
    meter, slot = Meter(), annotator.name
    held = {slot: gpus}
    labels: list[Labels] = []
    for clip, before in _clips(clips.combine_chunks(), annotator, meter):
        try:
            labels.append(
                label_clip(clip(), [annotator], run_id=run_id, gpus=held, meter=meter, before=before)
            )
        except Exception as error:  # of one clip among many
            labels.append(reason_alone(slot, _words(error)))
    rows = label_table(slot_columns(slot), labels)
    return Labelled(slot, rows.add_column(0, "clip_id", clips["clip_id"]), meter.costs)


def reason_alone(slot: str, sentence: str) -> Labels:
    """The labels of a clip that has none; a slot without a column for the reason stays null."""
    name = f"{slot}_reason"
    return {name: pa.array([sentence], pa.string())} if name in CLIPS.names else {}


def plain_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates what runs there: an exception that the caller may not know is raised as IsolatedError."""

    @wraps(function)
    def call(*args: Any) -> Any:
        try:
            _check_interpreter()
            return function(*args)
        except Exception as error:
            if type(error).__module__.partition(".")[0] in _OURS:
                raise
            raise IsolatedError(_words(error)) from None

    return call


def _check_interpreter() -> None:
    wanted = os.environ.get(PYTHON_VARIABLE, sys.executable)
    if wanted != sys.executable:
        raise IsolatedError(
            f"node {platform.node()} has no {wanted}: build the environment there as it is built here"
        )


def _words(error: Exception) -> str:
    """In one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_CHARACTERS]


def _clips(
    clips: pa.Table, annotator: Annotator, meter: Meter
) -> Iterator[tuple[Callable[[], Clip], Labels]]:
    """For each clip what decodes it, and the columns that it brings."""
    known = columns_read(annotator.reads)
    for at, row in enumerate(clips.select(["clip_id", "n_frames", "audio"]).to_pylist()):
        before = {name: clips[name].slice(at, 1).combine_chunks() for name in known}
        yield (lambda row=row: _heard(row, annotator, meter)), before  # type: ignore[misc]


def _heard(row: dict[str, Any], annotator: Annotator, meter: Meter) -> Clip:
    if annotator.needs == "columns":
        return without_pictures(row["clip_id"], row["n_frames"])
    media = ClipMedia(row["clip_id"], None, row["audio"], None, row["n_frames"])
    with meter.stage("decode sound", row["n_frames"]):
        return without_pictures(row["clip_id"], row["n_frames"], read_sound(media))
