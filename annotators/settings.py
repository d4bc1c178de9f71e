"""What a person may set on the annotators that run on models of others; each slot's parameters in one model.

The defaults are those of an ingest. A model is named as `datasets.models.find_model` takes it: an id of
`emo2 models list`, a repository of the Hub with or without @revision, or a folder.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True)
class IsModel:
    """Marks a field that names a model; a folder so named is held against the roots of the worker."""


ModelName = Annotated[str, IsModel(), Field(min_length=1)]
Device = Literal["auto", "cpu", "cuda"]
_MODEL = "An id of `emo2 models list`, a Hub repository (with @revision), or a folder"


class FaceParams(BaseModel):
    """The mouth and the eyes, and whether the lips fit the sound."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Face")

    syncnet: ModelName = Field("syncnet", title="SyncNet", description=_MODEL)
    device: Device = Field("auto", title="Device", description="auto: a GPU where one is given")


class AudioParams(BaseModel):
    """Features of the sound."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Audio")

    model: ModelName = Field("wav2vec2-base", title="Model", description=_MODEL + ", 768 wide")
    layers: tuple[int, ...] = Field(
        (-1,),
        title="Layers",
        description="Hidden states stored, in this order; 0 is what the transformer is given, -1 its last layer",
        min_length=1,
        max_length=25,
    )
    device: Device = Field("auto", title="Device", description="auto: a GPU where one is given")


class SpeechParams(BaseModel):
    """Words, who says them and when."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Speech")

    recognition: ModelName | None = Field(
        "whisper-small", title="Recognition", description=_MODEL + "; None: no words"
    )
    language: str | None = Field(
        None, title="Language", description="Such as en; None: heard in each clip", pattern=r"^[a-z]{2,3}$"
    )
    alignment: ModelName | None = Field(
        None, title="Alignment", description=_MODEL + "; None: the one of `emo2 models list` for the language"
    )
    diarisation: ModelName | None = Field(
        "diarisation-community-1", title="Diarisation", description=_MODEL + "; None: nobody counts voices"
    )
    compute_type: Literal["default", "float32", "float16", "int8", "int8_float16"] = Field(
        "default", title="Arithmetic of recognition", description="default: float16 on a GPU, int8 elsewhere"
    )
    device: Device = Field("auto", title="Device", description="auto: a GPU where one is given")
    voice_onset: float = Field(0.5, title="A voice begins at (probability)", gt=0, lt=1)
    voice_offset: float = Field(0.363, title="A voice ends below (probability)", gt=0, lt=1)


class ReferenceParams(BaseModel):
    """The still that stands for a clip."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Reference")

    clip: ModelName = Field("clip-vit-l14", title="CLIP", description=_MODEL)
    device: Device = Field("auto", title="Device", description="auto: a GPU where one is given")


class ModelSettings(BaseModel):
    """The parameters of all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Models of annotators")

    face: FaceParams = Field(default_factory=FaceParams, title="Face")
    audio: AudioParams = Field(default_factory=AudioParams, title="Audio")
    speech: SpeechParams = Field(default_factory=SpeechParams, title="Speech")
    reference: ReferenceParams = Field(default_factory=ReferenceParams, title="Reference")
