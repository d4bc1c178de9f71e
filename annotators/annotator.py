"""What every annotator is: a plain class that turns clips into Arrow columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Resources:
    """What one running copy asks of the cluster."""

    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True)
class Clip:
    """One clip in memory: pictures, sound, and the columns that earlier annotators filled."""

    clip_id: str
    frames: np.ndarray  # (T, 704, 512, 3) uint8 RGB at 25 Hz
    audio: np.ndarray | None = None  # (S,) float32 in [-1, 1] at 16 kHz; None where the source has none
    columns: Mapping[str, Any] = field(default_factory=dict)  # column name -> this clip's value as numpy


class Annotator(Protocol):
    """Labels clips; knows no engine and no storage. Constructing it loads the model."""

    name: str  # the slot, and the prefix of its columns
    version: str  # raised when the same clip may be labelled differently
    schema: pa.Schema  # the columns returned: datasets.schema.SLOTS[name]
    resources: Resources
    environment: str | None  # None, or the isolated environment it must run in
    reads: tuple[str, ...]  # slots whose columns it takes: when they change, this one is stale
    needs_media: bool  # False: works from columns alone, so nothing has to be decoded

    @property
    def params(self) -> dict[str, Any]:
        """What the labels depend on besides the version; hashed into the provenance."""
        ...

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order, with exactly `schema`'s columns; keeps nothing between clips."""
        ...
