"""What a person can set on a snapshot: the form in the Prefect UI and the options of `emo2 snapshot create`."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from datasets.snapshots.snapshot import SnapshotError, check_name
from flows.roots import LakePlace, Sql


class SnapshotConfig(BaseModel):
    """A choice of clips, frozen under a name."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Snapshot")

    name: str = Field(
        title="Name",
        description="Not used before in this lake, such as talks-2026.2: letters, digits, - and _, dots between",
    )
    lake: LakePlace
    where: Sql | None = Field(
        None,
        title="Where",
        description="SQL over clips, such as sharpness > 50 AND people = 1; of the kept clips; None: all of them",
    )
    require_fresh: bool = Field(
        False,
        title="Require fresh labels",
        description="Refuse clips whose labels are missing, or older than this release or than what they rest on",
    )

    @field_validator("name")
    @classmethod
    def _a_tag(cls, name: str) -> str:
        try:
            check_name(name)
        except SnapshotError as error:
            raise ValueError(str(error)) from error
        return name
