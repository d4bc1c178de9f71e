"""What a snapshot holds and what changed since the last one, as the page on which a training is approved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import lance
import numpy as np

from datasets.lake import Lake
from datasets.snapshots.diff import SnapshotDiff
from datasets.snapshots.snapshot import Snapshot
from flows.report.charts import Axis, Series, histogram, linear_axis, log_axis
from flows.report.measures import Distributions, distributions, hand_summaries
from flows.report.picture import picture
from flows.run_page.contact_sheets import sheets_markdown
from flows.snapshots.work import out_of_date

_MEASURES = ["start_s", "end_s", "face_height_px", "hand_visibility", "motion_speed", "motion_variance"]
_MOST_CHARACTERS = 400_000  # of pictures of clips: eight or so
_PICTURE_PX = 400  # two stand side by side on a run's page


@dataclass(frozen=True)
class Proposal:
    """A training on a snapshot, before anybody decided."""

    snapshot: Snapshot
    since: SnapshotDiff | None  # from an earlier snapshot to this one; None: it is the first
    deployment: str  # launched when it is approved
    can_launch: bool  # whether the server has it
    decide_until: datetime


def figures(proposal: Proposal) -> str:
    """The report in some sentences, for the dialog in which the decision is made."""
    name, counts, since = proposal.snapshot.name, proposal.snapshot.counts, proposal.since
    splits = ", ".join(f"{clips:,} {split}" for split, clips in counts["splits"].items())
    sentences = [
        f"{name}: {counts['clips']:,} clips, {counts['hours']:,.1f} h, of {counts['videos']:,} videos"
        f" and {counts['speakers']:,} named speakers; {splits}.",
        f"Since {since.first.name}: {_moved(since)}."
        if since
        else "There is no earlier snapshot to compare it with.",
        *(
            f"{clips:,} clips have stale {slot}."
            for slot, clips in stale_clips(proposal.snapshot).items()
            if clips
        ),
        _consequence(proposal),
    ]
    return " ".join(sentences)


def report(proposal: Proposal) -> str:
    """The whole report in Markdown, pictures inside."""
    snapshot = proposal.snapshot
    parts = [
        _head(proposal),
        _question(proposal),
        _splits(snapshot),
        _styles(snapshot),
        _charts(snapshot),
        _changes(proposal.since),
        _labels(snapshot),
        _clips(snapshot),
    ]
    return "\n\n".join(part for part in parts if part)


def stale_clips(snapshot: Snapshot) -> dict[str, int]:
    """slot -> clips of which this release would make the labels anew."""
    table = snapshot.clips
    return {
        slot: table.count_rows(f"{snapshot.selection} AND ({sql})")
        for slot, sql in out_of_date().items()
        if f"{slot}_inputs" in table.schema.names  # a snapshot of an earlier release may lack slots
    }


def measured(snapshot: Snapshot) -> Distributions:
    """Of the snapshot's clips, all kept."""
    table = snapshot.clips
    small = table.to_table(columns=_MEASURES, filter=snapshot.selection)
    return distributions(
        small, np.full(small.num_rows, "kept", object), hand_summaries(table, snapshot.selection)
    )


def _head(proposal: Proposal) -> str:
    snapshot, counts = proposal.snapshot, proposal.snapshot.counts
    promoted = f"promoted {snapshot.promoted_at:%Y-%m-%d %H:%M}" if snapshot.promoted_at else "not promoted"
    return (
        f"# Train on {snapshot.name}?\n\n**{counts['clips']:,} clips, {counts['hours']:,.1f} h**, of"
        f" {counts['videos']:,} videos and {counts['speakers']:,} named speakers. Made"
        f" {snapshot.at:%Y-%m-%d %H:%M} UTC, {promoted}.\n\nLake {_code(snapshot.lake.uri)}, clips where"
        f" {_code(snapshot.selection)}, content {_code(snapshot.content_hash[:16])}."
    )


def _question(proposal: Proposal) -> str:
    return (
        f"Press **Resume** on this run's page until {proposal.decide_until:%Y-%m-%d %H:%M} UTC."
        f" {_consequence(proposal)} Without a decision the run ends as Failed, and Retry asks again."
    )


def _styles(snapshot: Snapshot) -> str:
    """Nothing for a snapshot of an earlier release, which counted none."""
    styles = snapshot.counts.get("styles", {})
    rows = {style: [f"{n:,}", f"{n / max(snapshot.counts['clips'], 1):.1%}"] for style, n in styles.items()}
    return _table(("style", "clips", "share"), rows) if rows else ""


def _splits(snapshot: Snapshot) -> str:
    clips = max(snapshot.counts["clips"], 1)
    rows = {
        split: [f"{count:,}", f"{count / clips:.1%}"] for split, count in snapshot.counts["splits"].items()
    }
    return _table(("split", "clips", "share"), rows)


def _charts(snapshot: Snapshot) -> str:
    found = measured(snapshot)
    pictures = [
        _histogram(linear_axis("mean hand confidence (0 to 1)", [], bins=20, top=1.0), found.confidence),
        _histogram(linear_axis("wrist speed (m/s)", [found.speed]), found.speed),
        _histogram(log_axis("wrist variance (m²)", [found.variance]), found.variance),
    ]
    return "## Hands\n\nClips by their left hand (amber) and right hand (blue).\n\n" + "\n".join(pictures)


def _histogram(axis: Axis, values: np.ndarray) -> str:
    series = [Series(side, side, values[:, index]) for index, side in enumerate(("left", "right"))]
    seen = int(np.isfinite(values).sum())
    label = f"{axis.label}: {seen:,} hands"
    return f'<img src="{picture(histogram(axis, series))}" alt="{label}" width="{_PICTURE_PX}">'


def _changes(since: SnapshotDiff | None) -> str:
    if since is None:
        return "## What changed\n\nThere is no earlier snapshot to compare it with."
    same = since.first.content_hash == since.second.content_hash
    lines = [
        f"## What changed since {since.first.name}",
        "Nothing: both hold the same." if same else f"{_moved(since)[:1].upper()}{_moved(since)[1:]}.",
        _table(
            ("of the clips in both", "annotated again", "with other values"),
            {
                slot: [f"{change.written:,}", f"{change.changed:,}"]
                for slot, change in since.slots.items()
                if change.written or change.changed
            },
        ),
        _table(("split", "clips"), {f"{a} to {b}": [f"{n:,}"] for (a, b), n in since.split_moves.items()}),
    ]
    return "\n\n".join(line for line in lines if line)


def _moved(since: SnapshotDiff) -> str:
    changed = [
        f"{change.changed:,} with other {slot}" for slot, change in since.slots.items() if change.changed
    ]
    hours = since.second.counts["hours"] - since.first.counts["hours"]
    told = [
        f"{len(since.added):,} clips added",
        f"{len(since.removed):,} removed",
        *changed,
        f"{hours:+,.1f} h",
    ]
    return ", ".join(told)


def _labels(snapshot: Snapshot) -> str:
    stale, empty = stale_clips(snapshot), snapshot.counts["empty"]
    rows = {
        slot: [
            ", ".join(_kinds(snapshot.annotators.get(slot, {}))) or "-",
            f"{stale.get(slot, 0):,}",
            f"{count:,}",
        ]
        for slot, count in empty.items()
    }
    note = "Stale: this release would make them anew, for which re-annotate and make another snapshot."
    return f"## Labels\n\n{_table(('slot', 'version/parameters', 'stale clips', 'clips without'), rows)}\n\n{note}"


def _clips(snapshot: Snapshot) -> str:
    """Pictures of some clips as the snapshot has them; empty where none can be drawn."""
    as_of = _AsOf(snapshot.lake.uri, snapshot.lake.storage_options, snapshot.name)
    drawn = sheets_markdown(as_of, snapshot.selection, seed=snapshot.name, most_characters=_MOST_CHARACTERS)
    try:
        _, *sheets = [*drawn] or [""]  # the first says how a run's clips were chosen
    except Exception as error:  # a picture is no reason to keep a snapshot from training
        return f"## Clips\n\nNo pictures: drawing them failed with {_code(type(error).__name__)}."
    if not sheets:
        return ""
    return "\n\n".join(["## Clips", "The most doubtful first, then others at random.", *sheets])


@dataclass(frozen=True)
class _AsOf(Lake):
    """The lake as a snapshot froze it."""

    tag: str = ""

    def table(self, name: str, version: int | str | None = None) -> lance.LanceDataset:
        return Lake.table(self, name, self.tag if version is None else version)


def _kinds(kinds: Mapping[str, int]) -> Iterator[str]:
    return (f"{kind} ({clips:,})" for kind, clips in kinds.items())


def _consequence(proposal: Proposal) -> str:
    if proposal.can_launch:
        return f"Approving starts {proposal.deployment}."
    return (
        f"Approving is recorded and starts nothing, since the server has no deployment {proposal.deployment}."
    )


def _table(head: tuple[str, ...], rows: Mapping[str, list[str]]) -> str:
    """Empty without rows."""
    if not rows:
        return ""
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *((name, *cells) for name, cells in rows.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    return f"`{text.replace('`', '')}`"
