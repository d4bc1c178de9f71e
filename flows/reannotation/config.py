"""What a person can set on a re-annotation: the form in the Prefect UI and the options of `emo2 reannotate`."""

import re
from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_validator

from annotators.annotator import Needs
from annotators.settings import ModelSettings
from annotators.speaking import SpeakingThresholds
from flows.ingest_config import AnnotatorName, AnnotatorResources, HandOptions
from flows.roots import LakePlace, Sql

_NAMES = get_args(AnnotatorName)
_OWN = r"^[\w.]+:\w+$"
# In the form: a list to choose from, or a text. Checked as one, so that one sentence says what is possible.
_CHOICES = [
    {"title": "Of emo2", "type": "string", "enum": list(_NAMES)},
    {"title": "Your own", "type": "string", "pattern": _OWN},
]
# Of one task, in multiples of the setting: an annotator that decodes no pictures takes more frames in one go.
_TIMES: dict[Needs, int] = {"columns": 20, "sound": 4, "pictures": 1}


class ReannotateConfig(BaseModel):
    """One annotator's columns, done again where they are stale."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Re-annotation")

    lake: LakePlace
    annotator: Annotated[str, WithJsonSchema({"anyOf": _CHOICES})] = Field(
        title="Annotator",
        description="Its columns are made again; or package.module:Class of your own, on the worker's PYTHONPATH",
    )
    where: Sql | None = Field(
        None, title="Where", description="SQL over clips, such as split = 'train'; None: all of them"
    )
    limit: int | None = Field(
        None, title="Limit (clips)", description="Take only the first stale ones, 1 or more", ge=1
    )
    hands: HandOptions = Field(default_factory=HandOptions, title="Hands")
    models: ModelSettings = Field(default_factory=ModelSettings, title="Models of annotators")
    speaking: SpeakingThresholds = Field(
        default_factory=SpeakingThresholds,
        title="Thresholds of speaking",
        description="By these a clip is kept or not when the annotator speaker has been over it",
    )
    ray_address: str | None = Field(
        None,
        title="Ray address",
        description="Of a running cluster; None: RAY_ADDRESS of the worker, or this machine",
    )
    resources: AnnotatorResources | None = Field(
        None, title="CPUs and GPUs of the annotator", description="Where they differ from its own"
    )
    clips_per_shard: int = Field(
        128,
        title="Shard (clips)",
        description="Written together, one task in Prefect: the most that a kill makes again",
        ge=1,
        le=4096,
    )
    frames_per_batch: int = Field(
        750, title="Task (frames)", description="Clips annotated in one go", ge=50, le=15000
    )

    @field_validator("annotator")
    @classmethod
    def _can_be(cls, annotator: str) -> str:
        if annotator in _NAMES or re.match(_OWN, annotator):
            return annotator
        raise ValueError(f"give {', '.join(_NAMES)}, or package.module:Class for one of your own")

    def batch_frames(self, needs: Needs) -> int:
        """Of one task; more where less is decoded."""
        return self.frames_per_batch * _TIMES[needs]
