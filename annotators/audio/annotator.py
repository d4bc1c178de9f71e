"""The audio slot: what a speech model makes of the sound, and its loudness, pitch and onsets.

The last three need no model and cost about 0.3 CPU-ms a frame. The features of a base model cost 8 to 10 on one
core; without the model they are null and the rest is filled.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.audio.frames import as_long_as
from annotators.audio.loudness import loudness_dbfs
from annotators.audio.onsets import OnsetParams, onsets_s
from annotators.audio.pitch import PitchParams, pitch
from annotators.audio.windows import WindowParams
from annotators.columns import slot_column
from annotators.settings import AudioParams
from datasets.models import find_model, missing_sentence
from datasets.schema import AUDIO_WIDTH, SLOTS

if TYPE_CHECKING:
    from annotators.audio.features import SpeechFeatures

_LARGEST = float(
    np.finfo(np.float16).max
)  # a few values of some layers are in the hundreds; none may become inf
NO_SOUND = "the clip has no sound"


@dataclass(frozen=True)
class MeasureParams:
    """What the values depend on besides the version, the model and its layers."""

    windows: WindowParams = field(default_factory=WindowParams)
    pitch: PitchParams = field(default_factory=PitchParams)
    onsets: OnsetParams = field(default_factory=OnsetParams)


class AudioAnnotator:
    """Fills the slot `audio`. A clip without sound has nothing but a reason.

    Raises UserError where the model is here and does not fit, or the device is not here.
    """

    name = "audio"
    version = "1"
    schema = SLOTS["audio"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ()
    needs: Needs = "sound"

    def __init__(self, params: AudioParams | None = None) -> None:
        self._params = params or AudioParams()
        self._measures = MeasureParams()
        self._found = find_model(self._params.model)
        self._features = self._loaded() if self._found else None

    @property
    def params(self) -> dict[str, Any]:
        model = self._found.stamp if self._found else None
        return {"model": model, "layers": list(self._params.layers), **asdict(self._measures)}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order."""
        rows = [self._row(clip) for clip in clips]
        columns = [slot_column([row.get(column.name) for row in rows], column.type) for column in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _loaded(self) -> "SpeechFeatures":
        from annotators.audio.features import SpeechFeatures  # torch and transformers take seconds

        assert self._found is not None
        return SpeechFeatures(self._found, self._params.layers, self._params.device, self._measures.windows)

    def _row(self, clip: Clip) -> dict[str, Any]:
        """Values by column; those that are missing are null."""
        if clip.audio is None:
            return {"audio_reason": NO_SOUND}
        frames, audio = clip.n_frames, as_long_as(clip.audio, clip.n_frames)
        return {
            **self._feature_columns(audio, frames),
            "audio_loudness": loudness_dbfs(audio, frames)[:, None],
            "audio_pitch": pitch(audio, frames, self._measures.pitch),
            "audio_onsets": onsets_s(audio, self._measures.onsets).astype(np.float32),
        }

    def _feature_columns(self, audio: np.ndarray, frames: int) -> dict[str, Any]:
        if self._features is None or self._found is None:
            return {"audio_reason": missing_sentence(self._params.model)}
        values = self._features.of(audio, frames).reshape(-1, AUDIO_WIDTH)
        return {
            "audio_features": np.clip(values, -_LARGEST, _LARGEST).astype(np.float16),
            "audio_layers": list(self._params.layers),
            "audio_model": self._found.stamp,
        }
