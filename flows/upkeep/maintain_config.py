"""What a person can set on a maintenance: the form in the Prefect UI and the options of `emo2 maintain`."""

from pydantic import BaseModel, ConfigDict, Field

from flows.roots import LakePlace


class MaintainConfig(BaseModel):
    """Fewer fragments, fewer versions, and what lies about."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Maintain")

    lake: LakePlace
    keep_days: float = Field(
        14,
        title="Keep versions for (days)",
        description="Snapshots, and what a run at work reads, are always kept",
        ge=0,
        le=3650,
    )
    max_gb: float = Field(
        20,
        title="Rewrite at most (GB)",
        description="In one run; the next goes on. 0: nothing",
        ge=0,
        le=100_000,
    )
    remove_orphans: bool = Field(
        False, title="Remove orphan files", description="Those that no version names, after 7 days"
    )
    dry_run: bool = Field(False, title="Dry run", description="Show what would be done; change nothing")
