"""What a person asks of a plan: how much video, on what machines."""

from pydantic import BaseModel, ConfigDict, Field


class PlanConfig(BaseModel):
    """A corpus and a cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Plan")

    hours: float = Field(title="Video (h)", gt=0, le=1e7)
    kept: bool = Field(False, title="Kept", description="The hours are of kept clips, not of source video")
    nodes: int = Field(1, title="Nodes", ge=1, le=100_000)
    cpus: int = Field(title="CPUs of a node", description="Cores like those measured on", ge=1, le=1024)
    gpus: int = Field(0, title="GPUs of a node", ge=0, le=64)
    efficiency: float | None = Field(
        None,
        title="Parallel efficiency",
        description="Share of the cores' time that stages get; None: as measured, where enough was",
        gt=0,
        le=1,
    )
    store_mb_s: float = Field(
        200, title="Store (MB/s)", description="What it takes or gives, all nodes together", gt=0, le=1e6
    )
