"""The speaker slot: does the mouth in the picture move with the sound, and how many people are heard?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.columns import slot_column
from annotators.speaker.certainty import Certainty
from annotators.speaker.evidence import EvidenceParams, evidence
from datasets.frame import CLIP_RATE_HZ
from datasets.schema import SLOTS


@dataclass(frozen=True)
class SpeakerParams:
    """What the score depends on besides the version."""

    evidence: EvidenceParams = field(default_factory=EvidenceParams)
    certainty: Certainty = field(default_factory=Certainty)
    least_seen: float = 0.1  # fraction of the frames in which a mouth has to be seen, or nothing is said
    least_frames: int = 25  # likewise, in frames: a second
    silence_dbfs: float = -60.0  # where no frame is louder there is nothing to compare


class SpeakerAnnotator:
    """Fills the slot `speaker` from `face_mouth`, `audio_loudness` and `speech_voices`; any may be missing.

    Score, correlation and lag are null together: without a face in enough frames, or without sound. `evidence.py`
    and `certainty.py` say what they are made of and how well they tell. About 6 CPU-ms a clip.
    """

    name = "speaker"
    version = "1"
    schema = SLOTS["speaker"]
    resources = Resources(cpus=0.1)
    environment: str | None = None
    reads: tuple[str, ...] = ("face", "audio", "speech")
    optional: tuple[str, ...] = ("speech",)
    needs: Needs = "columns"

    def __init__(self, params: SpeakerParams | None = None) -> None:
        self._params = params or SpeakerParams()

    @property
    def params(self) -> dict[str, Any]:
        return {"rate_hz": CLIP_RATE_HZ, **asdict(self._params)}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order."""
        rows = [self._row(clip.columns) for clip in clips]
        columns = [slot_column([row.get(column.name) for row in rows], column.type) for column in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _row(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Values by column; those that are missing are null."""
        voices = {"speaker_voices": columns.get("speech_voices")}
        opening = _first_of_each_frame(columns.get("face_mouth"))
        loudness = _first_of_each_frame(columns.get("audio_loudness"))
        if opening is None or loudness is None or not self._comparable(opening, loudness):
            return voices
        found = evidence(opening, loudness, self._params.evidence)
        frames = int(np.isfinite(opening).sum())
        return voices | {
            "speaker_score": self._params.certainty.probability(found.strength, frames),
            "speaker_correlation": found.opening,
            "speaker_lag_s": found.lag_frames / CLIP_RATE_HZ,
        }

    def _comparable(self, opening: np.ndarray, loudness: np.ndarray) -> bool:
        seen = np.isfinite(opening)
        if seen.sum() < self._params.least_frames or seen.mean() < self._params.least_seen:
            return False
        return len(loudness) == len(opening) and bool(loudness.max() > self._params.silence_dbfs)


def _first_of_each_frame(column: Any) -> np.ndarray | None:
    """(T,) float64 of a per-frame column; None where there is none."""
    if column is None or not len(column):
        return None
    return np.asarray(column, float).reshape(len(column), -1)[:, 0]
