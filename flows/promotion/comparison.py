"""The earlier snapshot that a proposal is compared with, and what changed since."""

from datasets.lake import Lake
from datasets.snapshots.diff import SnapshotDiff, diff_snapshots
from datasets.snapshots.snapshot import Snapshot, list_snapshots, open_snapshot
from flows.promotion.decision import verdicts


def earlier_snapshot(lake: Lake, snapshot: Snapshot, named: str | None = None) -> Snapshot | None:
    """The one `named`; else the one approved last; else the one promoted last before this one; None: there is none.

    Raises SnapshotError where the one named cannot be read; of the others, those are passed over.
    """
    if named:
        return open_snapshot(lake, named)
    ready = {each.name: each for each in list_snapshots(lake) if each.state == "ready"}
    ready.pop(snapshot.name, None)
    approved = [each.snapshot for _, each in verdicts(lake) if each.decision == "approve"]
    for name in approved:
        if name in ready:
            return open_snapshot(lake, name)
    before = [each for each in ready.values() if _is_before(each, snapshot)]
    last = max(before, key=lambda each: str(each.promoted_at), default=None)
    return open_snapshot(lake, last.name) if last else None


def changes(lake: Lake, snapshot: Snapshot, named: str | None = None) -> SnapshotDiff | None:
    """From the earlier snapshot to this one; None where there is no earlier one."""
    earlier = earlier_snapshot(lake, snapshot, named)
    return diff_snapshots(earlier, snapshot) if earlier else None


def _is_before(other: Snapshot, snapshot: Snapshot) -> bool:
    if other.promoted_at is None:
        return False
    return snapshot.promoted_at is None or other.promoted_at < snapshot.promoted_at
