"""Snapshots when videos are forgotten: those that chose one are withdrawn, the others move to a branch without it."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

import lance

from datasets.counts import is_in
from datasets.lake import Lake
from datasets.rows import table_of
from datasets.schema import TABLES
from datasets.snapshots.snapshot import Snapshot, list_snapshots

READY, WITHDRAWN = "ready", "withdrawn"
_PREFIX: Final = "takedown-"  # of a branch; the tag follows
_NAMED = 3  # videos in a snapshot's detail


def holding(lake: Lake, video_ids: Collection[str]) -> list[Snapshot]:
    """Ready snapshots that chose a clip of one of the videos."""
    ready = [snapshot for snapshot in list_snapshots(lake) if snapshot.state == READY]
    return [snapshot for snapshot in ready if chosen_clips(snapshot, video_ids)]


def chosen_clips(snapshot: Snapshot, video_ids: Collection[str]) -> int:
    """How many clips of these videos a snapshot chose; 0 where its tag is gone."""
    table = tagged_table(snapshot.lake, "clips", snapshot.name)
    of_videos = is_in("video_id", sorted(video_ids))
    return table.count_rows(f"({snapshot.selection}) AND {of_videos}") if table else 0


def withdraw(lake: Lake, video_ids: Collection[str]) -> None:
    """Withdraw the snapshots that hold one of the videos, and take the tags off every withdrawn one."""
    now = datetime.now(UTC)
    rows = [
        {"name": snapshot.name, "state": WITHDRAWN, "detail": _detail(video_ids, now)}
        for snapshot in holding(lake, video_ids)
    ]
    _update_snapshots(lake, rows)
    withdrawn = [snapshot.name for snapshot in list_snapshots(lake) if snapshot.state == WITHDRAWN]
    for name in TABLES:
        table = lake.table(name)
        for tag in table.tags.list().keys() & set(withdrawn):
            table.tags.delete(tag)


def open_for_cleaning(table: lance.LanceDataset, tag: str) -> lance.LanceDataset:
    """The newest version of the branch a tag is on, which is made where it is on none."""
    branch = table.tags.list()[tag]["branch"]
    if branch is None:
        branch = _PREFIX + tag
        table.create_branch(branch, tag)
    return table.checkout_version((branch, None))


def move_tag(table: lance.LanceDataset, tag: str, cleaned: lance.LanceDataset) -> None:
    """Have the tag mean the newest version of its own branch."""
    branch = table.tags.list()[tag]["branch"] or _PREFIX + tag
    table.tags.update(tag, (branch, cleaned.version))


def drop_stale_branches(table: lance.LanceDataset) -> None:
    """Delete branches of takedowns that no tag is on: a snapshot's that is gone, or an interrupted takedown's."""
    used = {tag["branch"] for tag in table.tags.list().values()}
    for branch in table.branches.list():
        if branch.startswith(_PREFIX) and branch not in used:
            table.branches.delete(branch)


def sync_versions(lake: Lake, name: str) -> None:
    """Have the rows of snapshots say at which version of a table their tags are, where a takedown moved these."""
    moved = {
        tag: place["version"]
        for tag, place in lake.table(name).tags.list().items()
        if (place["branch"] or "").startswith(_PREFIX)
    }
    changes = [
        {"name": each.name, "versions": json.dumps({**each.versions, name: moved[each.name]})}
        for each in list_snapshots(lake)
        if each.name in moved and each.versions.get(name) != moved[each.name]
    ]
    _update_snapshots(lake, changes)


def tagged_table(lake: Lake, name: str, tag: str) -> lance.LanceDataset | None:
    """A table as the tag has it; None where it has no such tag."""
    table = lake.table(name)
    return table.checkout_version(tag) if tag in table.tags.list() else None


def _update_snapshots(lake: Lake, changes: list[dict[str, str]]) -> None:
    if not changes:
        return
    names = [change["name"] for change in changes]
    rows = lake.table("snapshots").to_table(filter=is_in("name", names)).to_pylist()
    old = {row["name"]: row for row in rows}
    new = [old[change["name"]] | change for change in changes]
    lake.upsert("snapshots", table_of("snapshots", new), on="name")


def _detail(video_ids: Collection[str], at: datetime) -> str:
    first = ", ".join(sorted(video_ids)[:_NAMED])
    more = f" and {len(video_ids) - _NAMED} more" if len(video_ids) > _NAMED else ""
    return f"the video {first}{more} was taken down on {at:%Y-%m-%d}"
