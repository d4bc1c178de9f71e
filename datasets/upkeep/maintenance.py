"""Upkeep of a lake's tables beside those who write them: fewer fragments, fewer versions, and what lies about.

Nobody loses anything: a version with a tag, or one that a run at work reads, stays; rows that somebody changed in
between are left as they are; a file that no version names is deleted on request alone, and only when it is old.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.takedown.tags import drop_stale_branches
from datasets.upkeep.compaction import (
    Bounds,
    Group,
    commit_rewrites,
    discard_rewrites,
    fragments_of,
    group_bytes,
    plan_groups,
    rewrite,
    within,
)
from datasets.upkeep.table_files import StoredFile, delete_files, unnamed_files
from datasets.upkeep.table_versions import Removed, removable_versions, remove_versions

_GB = 10**9
# A fragment of clips is what a re-annotation writes and commits at a time; one of media is copied whole.
BOUNDS: Mapping[str, Bounds] = {
    "clips": Bounds(rows=256, bytes=_GB),
    "clip_media": Bounds(rows=4096, bytes=_GB // 2),
}
_SMALL = Bounds(rows=10**6, bytes=_GB)  # the other tables: whole


@dataclass(frozen=True)
class Pins:
    """What somebody still needs."""

    versions: Mapping[str, int] = field(
        default_factory=dict
    )  # table -> the oldest version a run at work reads
    fragments: Collection[int] = ()  # of `clips`, that work which waits for its commit belongs to
    files: Collection[str] = ()  # of `clips`, by path: of that work
    not_compacted: Mapping[str, str] = field(default_factory=dict)  # table -> why
    not_cleaned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Compacted:
    """What compaction of a table came to, or would come to."""

    fragments_before: int
    fragments_after: int
    bytes: int  # read and written again
    waiting: int = 0  # groups beyond the budget
    dropped: int = 0  # groups that somebody changed meanwhile


def compact_table(
    lake: Lake, name: str, *, budget_bytes: int, pins: Callable[[], Pins], dry_run: bool = False
) -> Compacted:
    """Make small fragments larger, rewriting no more than the budget; others may write meanwhile."""
    fragments, known = fragments_of(lake, name), pins()
    planned = plan_groups(
        fragments, BOUNDS.get(name, _SMALL), excluded=known.fragments if name == "clips" else ()
    )
    groups = [] if name in known.not_compacted else within(planned, budget_bytes)
    done = [group for group in groups if dry_run or _compact_group(lake, name, group, pins)]
    merged = sum(len(group) - 1 for group in done)
    return Compacted(
        fragments_before=len(fragments),
        fragments_after=len(fragments) - merged,
        bytes=sum(map(group_bytes, done)),
        waiting=len(planned) - len(groups),
        dropped=len(groups) - len(done),
    )


def clean_table(
    lake: Lake, name: str, *, keep: timedelta, pins: Callable[[], Pins], dry_run: bool = False
) -> Removed:
    """Remove versions older than `keep` that nobody needs, and the files that only they name."""
    with committing(lake) as check:  # nobody tags a version or begins to read one meanwhile
        known = pins()
        if name in known.not_cleaned:
            return Removed(0, 0)
        table = lake.table(name)
        before = datetime.now(UTC) - keep
        old = removable_versions(table, before=before, pinned_from=known.versions.get(name))
        check()
        if not dry_run:
            drop_stale_branches(table)
        return remove_versions(table, old, dry_run=dry_run)


def find_orphans(lake: Lake, name: str, pins: Pins) -> list[StoredFile]:
    """Files that no version names and no work that waits, the oldest first."""
    waiting = set(pins.files) if name == "clips" else set()
    found = [file for file in unnamed_files(lake, name) if file.path not in waiting]
    return sorted(found, key=lambda file: file.modified)


def delete_orphans(
    lake: Lake, name: str, *, min_age: timedelta, pins: Callable[[], Pins]
) -> list[StoredFile]:
    """Delete those that have lain there for `min_age`, longer than any run leaves a file before its commit."""
    with committing(lake) as check:
        found = find_orphans(lake, name, pins())
        old = [file for file in found if file.modified < datetime.now(UTC) - min_age]
        check()
        delete_files(lake, name, [file.path for file in old])
    return old


def _compact_group(lake: Lake, name: str, group: Group, pins: Callable[[], Pins]) -> bool:
    """The copying keeps nobody waiting; the commit looks again whether it may."""
    table = lake.table(name)
    done = rewrite(table, [fragment.id for fragment in group])
    with committing(lake) as check:
        check()
        known = pins()
        waiting = known.fragments if name == "clips" else ()
        free = name not in known.not_compacted and not {each.id for each in group}.intersection(waiting)
        committed = bool(done) and free and commit_rewrites(table, done)
    if not committed:
        discard_rewrites(lake, name, done)
    return committed
