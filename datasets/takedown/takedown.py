"""Taking videos out of a lake for good: out of every table, version and file of it.

What stays of a video is its id in `videos` with the status "forgotten", by which an ingest refuses it. A snapshot
that chose clips of it is withdrawn. One that did not, though its tables held the video, stays: its tags move to a
branch from which the video is gone, with the same chosen clips.

Any step may be killed half way and done again. Addresses are what the text in other tables is searched for, so they
are removed last: until then, whoever begins again finds by them what is left.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from datasets.counts import is_in
from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from datasets.takedown.forgetting import FORGOTTEN, UNFINISHED, Forgetting, clip_ids_of
from datasets.takedown.scrub import needs_cleaning, scrub
from datasets.takedown.tags import (
    drop_stale_branches,
    move_tag,
    open_for_cleaning,
    sync_versions,
    tagged_table,
    withdraw,
)
from datasets.takedown.traces import Traces
from datasets.upkeep.table_files import branches, delete_files, manifest_paths, stored_files, unnamed_files
from datasets.upkeep.table_versions import removable_versions, remove_versions, tagged_versions

ORDER = ("runs", "shards", "snapshots", "clip_media", "clips", "videos")  # text first, addresses last
_NEVER = datetime.min.replace(tzinfo=UTC)
Check = Callable[[], None]


@dataclass(frozen=True)
class Guards:
    """What others may be doing."""

    refuse_writers: Check = lambda: None  # raises where another run is at work
    waiting_files: Callable[[], Collection[str]] = tuple  # paths in `clips` of what is still to be committed
    told: Callable[[str], None] = lambda step: None  # after each step


def unfinished(lake: Lake) -> list[str]:
    """Videos of which an interrupted takedown may have left traces."""
    sql = f"status = '{FORGOTTEN}' AND detail = '{UNFINISHED}'"
    return sorted(lake.table("videos").to_table(columns=["video_id"], filter=sql)["video_id"].to_pylist())


def forget(lake: Lake, video_ids: Collection[str], *, run_id: str, guards: Guards | None = None) -> None:
    """Remove every trace of these videos, and of those that an earlier takedown did not finish.

    Raises what `refuse_writers` raises, and LakeError where the lake cannot be written; running it again goes on.
    """
    wanted = frozenset({*video_ids, *unfinished(lake)})
    if not wanted:
        return
    work = _Takedown(lake, wanted, run_id, guards or Guards())
    for step, act in work.steps():
        with committing(lake) as check:
            work.guards.refuse_writers()
            act(check)
        work.guards.told(step)


@dataclass
class _Takedown:
    """One takedown at work; each step may be run again."""

    lake: Lake
    video_ids: frozenset[str]
    run_id: str
    guards: Guards
    began: datetime = _NEVER  # by the store's clock

    def steps(self) -> Iterator[tuple[str, Callable[[Check], None]]]:
        yield "marked", self._mark
        yield "snapshots withdrawn", self._withdraw
        for name in ORDER:
            yield f"{name}: rows", partial(self._clean_rows, name)
            yield f"{name}: snapshots", partial(self._clean_snapshots, name)
            yield f"{name}: files", partial(self._clean_files, name)
        yield "report", self._remove_report
        yield "finished", self._finish

    def _mark(self, check: Check) -> None:
        """From here on an ingest refuses the videos."""
        rows = {row["video_id"]: row for row in self._video_rows()}
        mark = {"status": FORGOTTEN, "detail": UNFINISHED, "run_id": self.run_id, "at": datetime.now(UTC)}
        marked = [rows.get(video_id, {"video_id": video_id}) | mark for video_id in sorted(self.video_ids)]
        check()
        self.lake.upsert("videos", table_of("videos", marked), on="video_id")
        # Nobody is at work, so that a file which is older and has no version is a dead run's.
        self.began = max(file.modified for file in stored_files(self.lake, "videos"))

    def _withdraw(self, check: Check) -> None:
        check()
        withdraw(self.lake, self.video_ids)

    def _clean_rows(self, name: str, check: Check) -> None:
        table, clips = self.lake.table(name), self.lake.table("clips")
        cleaning = self._forgetting.cleaning(name, table, clips, is_old=False)
        scrub(table, cleaning, check=check)

    def _clean_snapshots(self, name: str, check: Check) -> None:
        """Versions that have a tag, whoever gave it to them."""
        table = self.lake.table(name)
        drop_stale_branches(table)
        for tag in table.tags.list():
            clips = tagged_table(self.lake, "clips", tag) or self.lake.table("clips")
            old = table.checkout_version(tag)
            cleaning = self._forgetting.cleaning(name, old, clips, is_old=True)
            if needs_cleaning(old, cleaning):
                check()
                move_tag(table, tag, scrub(open_for_cleaning(table, tag), cleaning, check=check))
        sync_versions(self.lake, name)

    def _clean_files(self, name: str, check: Check) -> None:
        """Every version that is neither the newest nor tagged, and every file that no version names."""
        table, always = self.lake.table(name), datetime.now(UTC) + timedelta(days=1)
        check()
        for branch, opened in branches(table).items():
            remove_versions(opened, removable_versions(opened, before=always, branch=branch))
        remove_versions(table, removable_versions(table, before=always))
        # Lance spares the version a branch began at, though the branch itself names what it needs of its files.
        paths, kept = manifest_paths(table), tagged_versions(table) | {table.version}
        delete_files(self.lake, name, [paths[version] for version in paths if version not in kept])
        spared = set(self.guards.waiting_files()) if name == "clips" else set()
        left = [file for file in unnamed_files(self.lake, name) if file.path not in spared]
        delete_files(self.lake, name, [file.path for file in left if file.modified < self.began])

    def _remove_report(self, check: Check) -> None:
        if "://" not in self.lake.uri:
            (Path(self.lake.uri) / "report.html").unlink(missing_ok=True)

    def _finish(self, check: Check) -> None:
        done = [row | {"detail": None} for row in self._video_rows()]
        check()
        self.lake.upsert("videos", table_of("videos", done), on="video_id")

    def _video_rows(self) -> list[dict[str, Any]]:
        chosen = is_in("video_id", sorted(self.video_ids))
        return self.lake.table("videos").to_table(filter=chosen).to_pylist()

    @cached_property
    def _forgetting(self) -> Forgetting:
        """Looked up once, before what it is looked up in goes."""
        return Forgetting(self.video_ids, Traces(self._addresses(), self._clip_ids()))

    def _addresses(self) -> frozenset[str]:
        """Every address the videos ever had in a version that is left."""
        chosen, table = is_in("video_id", sorted(self.video_ids)), self.lake.table("videos")
        names = [version["version"] for version in table.version_refs()] + list(table.tags.list())
        rows = [table.checkout_version(name).to_table(columns=["uri"], filter=chosen) for name in names]
        return frozenset(uri for each in rows for uri in each["uri"].to_pylist() if uri)

    def _clip_ids(self) -> frozenset[str]:
        table = self.lake.table("clips")
        versions = [table, *(table.checkout_version(tag) for tag in table.tags.list())]
        return frozenset().union(*(clip_ids_of(each, self.video_ids) for each in versions))
