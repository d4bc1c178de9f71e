"""Annotators that measure nothing: what is left of a re-annotation is its orchestration, or its writing."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from annotators.annotator import Clip, Resources
from benchmarks.faults.synthetic import slot_values
from datasets.schema import SLOTS


class NoOp:
    """Fills `speech`, which nothing else fills, with a clip without words."""

    name = "speech"
    version = "1"
    schema = SLOTS["speech"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ()
    needs = "columns"

    @property
    def params(self) -> dict[str, Any]:
        return {}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        rows = [{"speech_ratio": 0.0, "speech_text": "", "speech_words": []} for _ in clips]
        return pa.RecordBatch.from_pylist(rows, schema=self.schema)


class WideBody(NoOp):
    """Fills `body` with random numbers, as wide as the real ones of clips of `frames` frames."""

    name = "body"
    version = "9"  # newer than any: every clip is stale
    schema = SLOTS["body"]
    frames = 200

    @property
    def params(self) -> dict[str, Any]:
        return {"frames": self.frames}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        columns = slot_values(self.name, len(clips), frames=self.frames, seed=_seed(clips))
        return pa.RecordBatch.from_pydict(columns, schema=self.schema)


class NarrowBody(WideBody):
    """Of clips of 20 frames."""

    frames = 20


def _seed(clips: Sequence[Clip]) -> int:
    return int(clips[0].clip_id[:8], 16) if clips else 0
