"""The style slot: what a clip is taken for where nobody said it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.style.motion import MotionRule, measure_motion
from annotators.style.rule import Evidence, StyleRule, weigh
from annotators.style.sound import SoundRule, measure_sound
from datasets.schema import SLOTS


@dataclass(frozen=True)
class StyleParams:
    """What the guess depends on besides the version."""

    sound: SoundRule = field(default_factory=SoundRule)
    motion: MotionRule = field(default_factory=MotionRule)
    rule: StyleRule = field(default_factory=StyleRule)


class StyleAnnotator:
    """Fills `style_guess` and `style_score`; `annotators.style.rule` defines both, docs/style.md has the figures.

    Any column may be missing or None. Both are null where nothing speaks for any style. About 3 CPU-ms a clip.
    """

    name = "style"
    version = "1"
    schema = SLOTS["style"]
    resources = Resources(cpus=0.1)
    environment: str | None = None
    reads: tuple[str, ...] = ("motion", "audio", "speech")
    optional: tuple[str, ...] = reads
    needs: Needs = "columns"

    def __init__(self, params: StyleParams | None = None) -> None:
        self._params = params or StyleParams()

    @property
    def params(self) -> dict[str, Any]:
        return asdict(self._params)

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order."""
        found = [evidence(clip.columns, self._params).style(self._params.rule) for clip in clips]
        columns = [pa.array([row[i] for row in found], column.type) for i, column in enumerate(self.schema)]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def evidence(columns: Mapping[str, Any], params: StyleParams) -> Evidence:
    """From the columns of motion, audio and speech of one clip."""
    sound = measure_sound(
        columns.get("audio_pitch"), columns.get("audio_loudness"), columns.get("audio_onsets"), params.sound
    )
    motion = measure_motion(columns.get("motion_sums"), params.motion)
    return weigh(sound, motion, columns.get("speech_ratio"), params.rule)
