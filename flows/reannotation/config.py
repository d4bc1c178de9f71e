"""What a person can set on a re-annotation: the form in the Prefect UI and the options of `emo2 reannotate`."""

from pydantic import BaseModel, ConfigDict, Field

from flows.ingest_config import AnnotatorResources, HandOptions

_FRAMES_WITHOUT_MEDIA = 20  # an annotator that decodes nothing takes so many times the frames in one go


class ReannotateConfig(BaseModel):
    """One annotator's columns, done again where they are stale."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Re-annotation")

    lake: str = Field(title="Lake", description="Folder or object-store URI of the tables", min_length=1)
    annotator: str = Field(
        title="Annotator",
        description="body, hands, motion, fingerprint, or package.module:Class for one of your own",
        min_length=1,
    )
    where: str | None = Field(
        None, title="Where", description="SQL over clips, such as split = 'train'; none: all", min_length=1
    )
    limit: int | None = Field(None, title="Limit (clips)", description="Take only the first stale ones", ge=1)
    hands: HandOptions = Field(default_factory=HandOptions, title="Hands")
    ray_address: str | None = Field(
        None, title="Ray address", description="None: this machine, or RAY_ADDRESS"
    )
    resources: AnnotatorResources | None = Field(
        None, title="CPUs and GPUs of the annotator", description="Where they differ from its own"
    )
    clips_per_shard: int = Field(
        128,
        title="Clips per shard",
        description="Written together, one task in Prefect: the most that a kill makes again",
        ge=1,
        le=4096,
    )
    frames_per_batch: int = Field(
        750, title="Frames per task", description="Clips annotated in one go", ge=50, le=15000
    )

    def batch_frames(self, needs_media: bool) -> int:
        """Of one task; 20 times as many where nothing is decoded."""
        return self.frames_per_batch * (1 if needs_media else _FRAMES_WITHOUT_MEDIA)
