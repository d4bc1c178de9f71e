"""The reference slot: the clip's best still and its embedding."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.reference.embedding import ClipEmbedder
from annotators.reference.scoring import ReferenceRule, Scores, known_parts, score_frames
from annotators.settings import ReferenceParams
from datasets.media.encode import encode_jpeg
from datasets.models import find_model, missing_sentence
from datasets.schema import SLOTS

_READ = ("body_keypoints", "face_box", "face_eyes", "hands_keypoints", "hands_valid", "hands_confidence")
_NO_FRAMES = "the clip has no frames"


class ReferenceAnnotator:
    """Fills the slot `reference`: frame, score and its parts, the picture as JPEG (704 x 512), CLIP's embedding.

    `annotators.reference.scoring` defines the score; parts that nothing is known of are null. The embedding is
    null, with the reason, where this machine lacks the model. A clip without frames is null all over.
    Raises UserError where the model is there and cannot be loaded.
    """

    name = "reference"
    version = "1"
    schema = SLOTS["reference"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ("body", "hands", "face")
    optional: tuple[str, ...] = reads
    needs: Needs = "pictures"

    def __init__(self, params: ReferenceParams | None = None, rule: ReferenceRule | None = None) -> None:
        self._params, self._rule = params or ReferenceParams(), rule or ReferenceRule()
        self._model = find_model(self._params.clip)

    @property
    def params(self) -> dict[str, Any]:
        stamp = self._model.stamp if self._model else None
        return {"clip": stamp, **asdict(self._rule)}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order."""
        rows = [self._row(clip) for clip in clips]
        columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _row(self, clip: Clip) -> dict[str, Any]:
        if not len(clip.frames):
            return {"reference_reason": _NO_FRAMES}
        known = known_parts({name: clip.columns.get(name) for name in _READ})
        scores = score_frames(clip.frames, known, self._rule)
        picture = clip.frames[scores.best]
        return {
            "reference_frame": scores.best,
            "reference_score": float(scores.score[scores.best]),
            **_parts(scores),
            "reference_jpeg": encode_jpeg(picture),
            **self._embedding(picture),
        }

    def _embedding(self, picture: np.ndarray) -> dict[str, Any]:
        if self._model is None:
            return {"reference_reason": missing_sentence(self._params.clip)}
        return {
            "reference_embedding": self._embedder.embed([picture])[0],
            "reference_model": self._model.stamp,
        }

    @cached_property
    def _embedder(self) -> ClipEmbedder:
        """Loaded with the first picture: whoever asks for `params` alone is spared it."""
        assert self._model is not None
        return ClipEmbedder(self._model.path, self._params.device)


def _parts(scores: Scores) -> dict[str, float]:
    values = {"sharpness": scores.sharpness, "eyes": scores.eyes, "hands": scores.hands}
    return {
        f"reference_{name}": float(part[scores.best]) for name, part in values.items() if part is not None
    }
