"""What a person can set on an ingest: the form in the Prefect UI and the options of `emo2 ingest`."""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from annotators.annotator import Resources
from annotators.framing import Thresholds
from annotators.hands.backends import BackendKind, check_backend, most_s
from annotators.hands.calibration import Calibration
from annotators.registry import annotator_classes
from annotators.settings import ModelSettings
from datasets.hand.store import hand_model
from flows.roots import IsPlace, LakePlace, Place

AnnotatorName = Literal[
    "body", "hands", "motion", "fingerprint", "face", "audio", "reference", "speech", "speaker", "style"
]
# Slots that say nothing without those of others.
_NEEDS: dict[str, set[str]] = {"motion": {"body", "hands"}, "speaker": {"face", "audio"}}


class MediaLimits(BaseModel):
    """How long and how large one opening of an untrusted file may be."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Media limits")

    base_deadline_s: float = Field(120, title="Deadline for any file (s)", ge=1, le=3600)
    deadline_s_per_mb: float = Field(20, title="Further deadline per megabyte of file (s)", ge=0, le=600)
    deadline_s_per_frame: float = Field(0.5, title="Deadline per clip frame annotated (s)", gt=0, le=60)
    memory_mb: int = Field(4096, title="Memory of one decoder (MB)", ge=512, le=65536)

    def survey_deadline_s(self, size_bytes: int) -> float:
        """Grows with the bytes of the file, which cannot lie as its announced duration can."""
        return self.base_deadline_s + self.deadline_s_per_mb * size_bytes / 1e6

    def clips_deadline_s(self, n_frames: int, size_bytes: int) -> float:
        """Seeking may decode a whole file, so the survey's deadline is included."""
        return self.survey_deadline_s(size_bytes) + self.deadline_s_per_frame * n_frames


class HandOptions(BaseModel):
    """What finds the hands, what is fitted to them, and what their confidence means."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Hands")

    model: str = Field(
        "neutral",
        title="Hand model",
        description="neutral, or a name from `emo2 models list` such as mano-0123456789ab",
        min_length=1,
    )
    backend: BackendKind = Field(
        "mediapipe", title="Backend", description="WiLoR and HaMeR need weights of your own: docs/hands.md"
    )
    second_backend: Annotated[BackendKind, Field(title="Backend")] | None = Field(
        None, title="Second backend", description="Its disagreement is stored as a feature of the confidence"
    )
    calibration: Annotated[Path | None, IsPlace()] = Field(
        None, title="Calibration", description="JSON by `emo2 calibrate`; by default the one that comes along"
    )

    @property
    def params(self) -> dict[str, Any]:
        """Fields of `annotators.hands.HandsParams`."""
        return {
            "hand_model": self.model,
            "backend": self.backend,
            "second_backend": self.second_backend,
        }

    def check(self) -> None:
        """Raise UserError for what this machine lacks: the hand model, the calibration, a backend."""
        hand_model(self.model)
        Calibration.load(self.calibration)
        for kind in self._backends:
            check_backend(kind)

    def backends_deadline_s(self, n_frames: int) -> float:
        """What backends in other environments may take for clips of so many frames, loading included."""
        return sum(most_s(kind, n_frames) for kind in self._backends)

    @property
    def _backends(self) -> tuple[BackendKind, ...]:
        return (self.backend,) if self.second_backend is None else (self.backend, self.second_backend)


class AnnotatorResources(BaseModel):
    """What one running copy of an annotator asks of the cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Resources")

    cpus: float = Field(1, title="CPUs (cores)", gt=0, le=256)
    gpus: float = Field(0, title="GPUs", description="A fraction shares one, such as 0.5", ge=0, le=16)


class ResourcesOfAnnotators(BaseModel):
    """What each annotator asks of the cluster, where that differs from what it says itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Resources of annotators")

    body: AnnotatorResources | None = Field(None, title="Body")
    hands: AnnotatorResources | None = Field(None, title="Hands")
    motion: AnnotatorResources | None = Field(None, title="Motion")
    fingerprint: AnnotatorResources | None = Field(None, title="Fingerprint")
    face: AnnotatorResources | None = Field(None, title="Face")
    audio: AnnotatorResources | None = Field(None, title="Audio")
    reference: AnnotatorResources | None = Field(None, title="Reference")
    speech: AnnotatorResources | None = Field(None, title="Speech")
    speaker: AnnotatorResources | None = Field(None, title="Speaker")
    style: AnnotatorResources | None = Field(None, title="Style")


class IngestConfig(BaseModel):
    """Raw video to Lance tables."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Ingest")

    source: Place = Field(
        title="Source",
        description="A video, folder, glob, manifest (CSV, JSONL), AVSpeech or MOSEI list, or object-store URI,"
        " as the worker sees it",
        min_length=1,
    )
    lake: LakePlace
    dataset: str | None = Field(
        None, title="Dataset", description="Name kept with every video of this source, and in the run's name"
    )
    downloads: Place | None = Field(
        None,
        title="Downloads",
        description="Folder in which the videos of an AVSpeech or MOSEI list lie; None: that of the list",
    )
    limit: int | None = Field(
        None, title="Limit (videos)", description="Take only the first ones, 1 or more", ge=1
    )
    annotators: tuple[AnnotatorName, ...] = Field(
        get_args(AnnotatorName),
        title="Annotators",
        description="Slots to fill; the others stay null",
    )
    hands: HandOptions = Field(default_factory=HandOptions, title="Hands")
    models: ModelSettings = Field(
        default_factory=ModelSettings,
        title="Models of annotators",
        description="What one needs and this machine lacks stays null with a reason",
    )
    thresholds: Thresholds = Field(default_factory=Thresholds, title="Thresholds of keep")
    limits: MediaLimits = Field(default_factory=MediaLimits, title="Limits on untrusted media")
    ray_address: str | None = Field(
        None,
        title="Ray address",
        description="Of a running cluster; None: RAY_ADDRESS of the worker, or this machine",
    )
    resources: ResourcesOfAnnotators = Field(
        default_factory=ResourcesOfAnnotators, title="CPUs and GPUs of annotators"
    )
    videos_per_shard: int = Field(
        100, title="Shard (videos)", description="Claimed together, one task in Prefect", ge=1, le=1000
    )
    frames_per_batch: int = Field(
        750, title="Task (frames)", description="Clips made in one go", ge=50, le=15000
    )
    commit_every_s: float = Field(
        60,
        title="Commit at least every (s)",
        description="With the next field, what a kill can cost",
        ge=1,
        le=3600,
    )
    commit_clips: int = Field(
        256,
        title="Commit at the latest after (clips)",
        description="Of all shards in hand; half as many as a shard has videos where that is less",
        ge=1,
        le=4096,
    )
    report: Place | None = Field(
        None, title="Report", description="HTML file; None: report.html in a local lake"
    )

    @property
    def clips_at_risk(self) -> int:
        """Clips that may wait for their commit; the other half of a shard is left for those in work at a kill."""
        return min(self.commit_clips, max(1, self.videos_per_shard // 2))

    def resources_of(self, annotator: str) -> AnnotatorResources:
        """As set here, else as the annotator of this slot says."""
        chosen: AnnotatorResources | None = getattr(self.resources, annotator)
        if chosen is not None:
            return chosen
        own = next((kind.resources for kind in annotator_classes() if kind.name == annotator), Resources())
        return AnnotatorResources(cpus=own.cpus, gpus=own.gpus)

    @field_validator("annotators")
    @classmethod
    def _complete(cls, names: tuple[AnnotatorName, ...]) -> tuple[AnnotatorName, ...]:
        """Such as motion, which is measured on the hands, in the frame of the body."""
        for name in names:
            if missing := sorted(_NEEDS.get(name, set()) - set(names)):
                raise ValueError(f"{name} needs {' and '.join(missing)} too: add them, or leave {name} out")
        return names
