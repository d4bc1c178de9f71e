"""What every annotator is: a plain class that turns clips into Arrow columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa

# What has to be in memory of a clip: its columns alone, its sound too, or all of it.
Needs = Literal["columns", "sound", "pictures"]


@dataclass(frozen=True)
class Resources:
    """What one running copy asks of the cluster."""

    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True)
class Clip:
    """One clip in memory: pictures, sound, and the columns that earlier annotators filled."""

    clip_id: str
    frames: np.ndarray  # (T, 704, 512, 3) uint8 RGB at 25 Hz; T is 0 where nobody needs pictures
    audio: np.ndarray | None = None  # (S,) float32 in [-1, 1] at 16 kHz; None where the source has none
    columns: Mapping[str, Any] = field(default_factory=dict)  # column name -> this clip's value as numpy
    stored_frames: int | None = None  # how many frames the clip has, where they are not in memory

    @property
    def n_frames(self) -> int:
        """How long the clip is in frames of 25 Hz, in memory or not."""
        return len(self.frames) if self.stored_frames is None else self.stored_frames


class Annotator(Protocol):
    """Labels clips; knows no engine and no storage. Constructing it loads the model."""

    name: str  # the slot, and the prefix of its columns
    version: str  # raised when the same clip may be labelled differently
    schema: pa.Schema  # the columns returned: datasets.schema.SLOTS[name]
    resources: Resources
    environment: str | None  # None, or the isolated environment it must run in
    reads: tuple[str, ...]  # slots whose columns it takes: when they change, this one is stale
    needs: Needs  # of the clip, so that nothing is decoded in vain
    # Besides, `optional`: slots among `reads` that it can do without; the others are waited for.

    @property
    def params(self) -> dict[str, Any]:
        """What the labels depend on besides the version; hashed into the provenance."""
        ...

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order, with exactly `schema`'s columns; keeps nothing between clips."""
        ...
