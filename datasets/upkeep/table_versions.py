"""Old versions of a table: which may go, and removing just these.

A version that has a tag stays, whatever its age, and so does what a branch rests on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import lance


@dataclass(frozen=True)
class Removed:
    """What removing versions came to, or would come to."""

    versions: int
    bytes: int


def removable_versions(
    table: lance.LanceDataset,
    *,
    before: datetime,
    pinned_from: int | None = None,
    branch: str | None = None,
) -> list[int]:
    """Versions older than `before`, without the newest, tagged ones, and all from `pinned_from` on.

    branch: which `table` is a version of; None for the table itself.
    """
    tagged = tagged_versions(table, branch)
    versions = sorted(table.versions(), key=lambda version: version["version"])
    last = versions[-1]["version"] if pinned_from is None else min(versions[-1]["version"], pinned_from)
    return [
        version["version"]
        for version in versions
        if version["version"] < last and version["version"] not in tagged and _utc(version) < before
    ]


def tagged_versions(table: lance.LanceDataset, branch: str | None = None) -> set[int]:
    """Versions of the table itself, or of a branch, that have a tag."""
    return {tag["version"] for tag in table.tags.list().values() if tag["branch"] == branch}


def remove_versions(
    table: lance.LanceDataset, versions: Collection[int], *, dry_run: bool = False
) -> Removed:
    """Remove these versions and the files that no other one names.

    Lance takes the occasion to delete files older than 7 days that no version names at all: a caller makes sure
    that nobody is about to commit any.
    """
    if not versions:
        return Removed(0, 0)
    wanted = sorted(versions)
    if dry_run:
        explained = table.explain_cleanup_old_versions(versions=wanted, error_if_tagged_old_versions=False)
        return Removed(explained.stats.old_versions, explained.stats.bytes_removed)
    done = table.cleanup_old_versions(versions=wanted, error_if_tagged_old_versions=False)
    return Removed(done.old_versions, done.bytes_removed)


def _utc(version: Mapping[str, Any]) -> datetime:
    return version["timestamp"].astimezone(UTC)  # Lance tells it in local time, without a zone
