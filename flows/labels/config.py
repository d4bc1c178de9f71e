"""What a person can set on a label: the form in the Prefect UI and the options of `emo2 label`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from annotators.speaking import SpeakingThresholds
from datasets.style import Style
from flows.roots import LakePlace, Sql

CLEAR = "clear"


class LabelConfig(BaseModel):
    """A style, and the clips that it is said of."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Label")

    lake: LakePlace
    style: Style | Literal["clear"] = Field(
        title="Style", description="clear: take a person's word back; what the source said stands again"
    )
    clips: tuple[str, ...] = Field((), title="Clips", description="Their ids, or beginnings of them")
    videos: tuple[str, ...] = Field(
        (), title="Videos", description="All clips of these: ids of videos, or beginnings of them"
    )
    where: Sql | None = Field(
        None,
        title="Where",
        description="SQL over clips instead, such as style_guess = 'singing' AND style_score < 0.5",
        validate_default=True,
    )
    speaking: SpeakingThresholds = Field(
        default_factory=SpeakingThresholds,
        title="Thresholds of speaking",
        description="By which a clip that is no gesture dance any more is judged again",
    )
    dry_run: bool = Field(False, title="Dry run", description="Show what would change; change nothing")

    @field_validator("where")
    @classmethod
    def _one_way(cls, where: str | None, info: Any) -> str | None:
        named = info.data.get("clips") or info.data.get("videos")
        if bool(named) == bool(where):
            raise ValueError("name clips or videos, or choose clips by SQL: one of both")
        return where
