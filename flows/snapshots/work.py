"""Making a snapshot as a run of the ledger; the flow and the command line share it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from annotators.registry import annotator_classes
from datasets.lake import Lake
from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.snapshot import Snapshot
from datasets.staleness import INPUTS, VERSION, Wanted
from flows.ledger import recorded
from flows.snapshots.config import SnapshotConfig


@dataclass(frozen=True)
class SnapshotCounts:
    """Of the run that made a snapshot."""

    counts: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return dict(self.counts)


def take_snapshot(config: SnapshotConfig) -> Snapshot:
    """The snapshot, made within a run of the ledger. Raises UserError where it cannot be made."""
    lake = Lake.open(config.lake)
    choice = Choice(where=config.where, stale=out_of_date(), require_fresh=config.require_fresh)
    with recorded(lake, "snapshot", config) as run:
        made = create_snapshot(lake, config.name, choice, run_id=run.run_id)
        run.counts, run.tag = SnapshotCounts(made.counts), made.name
    return made


def out_of_date() -> dict[str, str]:
    """slot -> SQL over clips: filled by another version than this release has, or from values replaced since.

    Parameters do not count: clips of one lake may have been labelled with different ones on purpose.
    """
    wanted = [Wanted(each.name, each.version, "", each.reads) for each in annotator_classes()]
    return {
        each.slot: f"{each.slot}_src.version IS NOT NULL AND ({each.reasons[VERSION]} OR {each.reasons[INPUTS]})"
        for each in wanted
    }


def sentence(made: Snapshot) -> str:
    """What was made, in one line."""
    counts = made.counts
    splits = ", ".join(f"{n:,} {split}" for split, n in counts["splits"].items())
    return (
        f"{made.name}: {counts['clips']:,} clips ({counts['hours']:,.1f} h) of {counts['videos']:,} videos;"
        f" {splits}; content {made.content_hash[:16]}"
    )


def remarks(made: Snapshot) -> Iterator[str]:
    """What a person should know before training on it."""
    counts, lake = made.counts, made.lake.uri
    moved = counts["splits_resolved"]
    if moved["clips"]:
        yield (
            f"{moved['clips']:,} clips of {moved['videos']:,} videos moved towards train, to stand with their"
            f" speaker, their address or a near-duplicate (the largest group has {moved['largest_group']:,} videos)"
        )
    for slot, stale in counts["stale"].items():
        remedy = f"run `emo2 reannotate --lake {lake} --annotator {slot}` and make another snapshot"
        if stale:
            yield f"{stale:,} clips have stale {slot}: {remedy}"
        if empty := counts["empty"].get(slot, 0):
            yield f"{empty:,} clips have no {slot}: {remedy}"
    for slot, kinds in made.annotators.items():
        if len(kinds) > 1:
            yield f"{slot} comes from {len(kinds)} versions or parameters: {', '.join(kinds)}"
    for split, clips in counts["splits"].items():
        if not clips:
            yield f"there are no {split} clips"
