"""Promoting a snapshot as a run of the ledger; the flow and the command line share it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datasets.lake import Lake
from datasets.snapshots.promote import mark_promoted, refuse_broken
from datasets.snapshots.snapshot import Snapshot, find_snapshot, open_snapshot
from flows.ledger import recorded
from flows.promotion.config import PromoteConfig

FLOW = "promote-snapshot"


@dataclass(frozen=True)
class Promotion:
    """What came of it."""

    snapshot: Snapshot
    is_new: bool  # False: it had been promoted before

    @property
    def sentence(self) -> str:
        """In one line."""
        counts, at = self.snapshot.counts, self.snapshot.promoted_at
        what = f"{self.snapshot.name} ({counts['clips']:,} clips, {counts['hours']:,.1f} h)"
        if self.is_new:
            return f"{what} is whole and promoted"
        return f"{what} was promoted already on {at:%Y-%m-%d %H:%M} UTC: nothing was done and nobody told"


@dataclass(frozen=True)
class _Counts:
    snapshot: Snapshot

    def as_dict(self) -> dict[str, Any]:
        counts = self.snapshot.counts
        return {"snapshot": self.snapshot.name, "clips": counts["clips"], "hours": counts["hours"]}


def promote(config: PromoteConfig, progress: Callable[[int, int], None] = lambda done, of: None) -> Promotion:
    """Mark a whole snapshot as promoted. Raises UserError where there is none, or where it is not whole.

    progress: is told (rows read, of).
    """
    lake = Lake.open(config.lake, upgrade=True)
    found = open_snapshot(lake, config.name)
    if found.promoted_at is not None:
        return Promotion(found, is_new=False)
    with recorded(lake, FLOW, config, _Counts(found)):
        refuse_broken(found, read_all=config.read_all, progress=progress)
        is_new = mark_promoted(lake, config.name)
    return Promotion(find_snapshot(lake, config.name), is_new)
