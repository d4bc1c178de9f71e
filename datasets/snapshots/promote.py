"""Promotion: the mark on a snapshot that it is whole and offered for training."""

from collections.abc import Callable
from datetime import UTC, datetime

from datasets.counts import is_in
from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from datasets.snapshots.check import Difference, check_contents, verify_snapshot
from datasets.snapshots.snapshot import Snapshot, SnapshotError, open_snapshot


def refuse_broken(
    snapshot: Snapshot, *, read_all: bool = True, progress: Callable[[int, int], None] = lambda done, of: None
) -> None:
    """Raise SnapshotError unless the snapshot is whole.

    read_all: every label and film is read and held against its digest; else ids and digests alone are compared.
    """
    wrong = verify_snapshot(snapshot, progress=progress) if read_all else []
    if not read_all:
        check_contents(snapshot)
    if wrong:
        raise SnapshotError(
            f"the snapshot {snapshot.name} of {snapshot.lake.uri} is not whole ({_told(wrong)}): bring the files back"
            f" from a copy, or make another snapshot; `emo2 snapshot verify {snapshot.name} --lake"
            f" {snapshot.lake.uri}` lists every difference"
        )


def mark_promoted(lake: Lake, name: str) -> bool:
    """Write the time of its promotion to the snapshot; False where that was done before, by whomever.

    Raises SnapshotError where there is none, or where a takedown has withdrawn it.
    """
    with committing(lake) as check:  # a takedown rewrites the same row
        if open_snapshot(lake, name).promoted_at is not None:
            return False
        row = lake.table("snapshots").to_table(filter=is_in("name", [name])).to_pylist()[0]
        check()
        marked = row | {"promoted_at": datetime.now(UTC)}
        lake.upsert("snapshots", table_of("snapshots", [marked]), on="name")
        return True


def _told(wrong: list[Difference]) -> str:
    clips = len({each.clip_id for each in wrong})
    return f"{clips:,} clips differ, the first is {wrong[0].clip_id}, whose {wrong[0].what} is not as it was"
