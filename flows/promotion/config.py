"""What a person can set on a promotion and on a proposal to train: their forms in the Prefect UI."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flows.roots import LakePlace

TRAINING = "train-stage1/train-stage1"


class PromoteConfig(BaseModel):
    """A snapshot, marked as whole and offered for training."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Promotion")

    lake: LakePlace
    name: str = Field(title="Snapshot", description="Its name in this lake", min_length=1)
    read_all: bool = Field(
        True,
        title="Read everything",
        description="Hold every label and film against its digest, which reads the whole snapshot; otherwise only"
        " that no clip was added, removed or changed in the tables",
    )


class ProposeConfig(BaseModel):
    """A training on a snapshot, put before a person who approves or rejects it."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Proposal to train")

    lake: LakePlace
    snapshot: str = Field(title="Snapshot", description="What would be trained on", min_length=1)
    deployment: str = Field(
        TRAINING,
        title="Deployment to launch",
        description="Started when the proposal is approved: the names of its flow and of the deployment",
        pattern=r"^[^/]+/[^/]+$",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        title="Parameters of the launch",
        description='Over those of the deployment, as in {"config": {"steps": 1000}}; lake and snapshot are put'
        " into its config",
    )
    compare_with: str | None = Field(
        None,
        title="Compare with",
        description="An earlier snapshot; none: the one approved last, else the one promoted last before this one",
        min_length=1,
    )
    decide_within_h: float = Field(
        72, title="Decide within (h)", description="After that the run ends as Failed", gt=0, le=720
    )

    @field_validator("parameters")
    @classmethod
    def _config_is_an_object(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(parameters.get("config", {}), dict):
            raise ValueError("its config has to be an object of fields, into which lake and snapshot are put")
        return parameters
