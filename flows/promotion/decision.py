"""What a person decided about training on a snapshot, and its record in the ledger."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from prefect.input import RunInput
from pydantic import Field

from datasets.lake import Lake

FLOW = "propose-training"


class Decision(RunInput):
    """The form of the Resume dialog."""

    decision: Literal["approve", "reject"] = Field(
        title="Decision", description="approve launches the training; reject ends the proposal"
    )
    comment: str = Field("", title="Comment", description="Why; kept with the decision", max_length=2000)
    decided_by: str = Field(
        "", title="Decided by", description="Your name; the server does not know it", max_length=200
    )


@dataclass(frozen=True)
class Verdict:
    """A decision as the ledger keeps it: the counts of a run of `propose-training`."""

    snapshot: str
    decision: str  # "approve" or "reject"
    comment: str
    decided_by: str
    flow_run_id: str  # Prefect's, of the proposal
    deployment: str
    launched: str | None = None  # the name of the training's run
    launched_id: str | None = None  # Prefect's

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_approved(self) -> bool:
        return self.decision == "approve"

    @property
    def sentence(self) -> str:
        """Who decided what, why, and what came of it."""
        verb = "approved" if self.is_approved else "rejected"
        who = f" by {self.decided_by}" if self.decided_by else ""
        decided = f"{self.snapshot} was {verb}{who}" + (f" ({self.comment})" if self.comment else "")
        if not self.is_approved:
            return decided
        if self.launched:
            return f"{decided}; {self.deployment} was started as {self.launched}"
        return (
            f"{decided}; nothing was launched, since the server has no deployment {self.deployment}: register it with"
            f" `make up` from a release that has it, then start it from its page with snapshot {self.snapshot}"
        )


def verdicts(lake: Lake) -> Iterator[tuple[datetime, Verdict]]:
    """Every decision of this lake with the time of it, the latest first."""
    rows = lake.table("runs").to_table(
        columns=["started_at", "counts"], filter=f"flow = '{FLOW}' AND state = 'completed'"
    )
    for row in sorted(rows.to_pylist(), key=lambda row: row["started_at"], reverse=True):
        yield row["started_at"], Verdict(**json.loads(row["counts"]))


def verdict_of(lake: Lake, flow_run_id: str) -> Verdict | None:
    """What was recorded for this run of the flow; None where nothing was yet."""
    return next((each for _, each in verdicts(lake) if each.flow_run_id == flow_run_id), None)
