"""What a person can set on a retry: the form in the Prefect UI and the options of `emo2 quarantine retry`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from flows.ingest_config import MediaLimits
from flows.roots import LakePlace, Sql

QuarantineReason = Literal[
    "missing",
    "changed",
    "unreadable",
    "no_video",
    "no_frames",
    "unsupported",
    "timeout",
    "out_of_memory",
    "crashed",
    "decode_error",
    "encode_error",
]


class RetryConfig(BaseModel):
    """Which quarantined videos to try again, and under which limits."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Quarantine retry")

    lake: LakePlace
    reasons: tuple[QuarantineReason, ...] = Field(
        (), title="Reasons", description="Of the quarantine; none chosen: whatever the reason"
    )
    where: Sql | None = Field(
        None, title="Where", description="SQL over videos, such as dataset = 'avspeech'; None: all of them"
    )
    limits: MediaLimits | None = Field(
        None, title="Limits on untrusted media", description="None: as in the run that gave up"
    )
    ray_address: str | None = Field(
        None,
        title="Ray address",
        description="Of a running cluster; None: RAY_ADDRESS of the worker, or this machine",
    )
