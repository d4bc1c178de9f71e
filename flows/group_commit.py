"""Clips and videos on their way into the lake: gathered for a while, then committed together, each exactly once.

Between two commits a kill costs what was gathered; after one, nothing. Media goes in before clips and clips before
videos, so that a video in its table is whole, and what a run that died left between two of them is found again.
"""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from datasets.counts import is_in
from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from flows.accounting import AccountingError, Counts
from flows.shard_ledger import ShardRow, put_shards
from flows.work import Media, Outcome, join, quarantined_clips


class Uncommitted:
    """The clips that all shards of a run have gathered: what a kill makes to be done again. Used by any thread."""

    def __init__(self, most: int):
        """most: each shard commits what it has when together there are so many."""
        self._most, self._clips, self._lock = most, 0, Lock()

    def add(self, clips: int) -> None:
        """So many more; fewer where negative."""
        with self._lock:
            self._clips += clips

    @property
    def are_too_many(self) -> bool:
        return self._clips >= self._most


class GroupCommit:
    """The rows that one shard has ready; used by one thread."""

    def __init__(self, lake: Lake, *, every_s: float, uncommitted: Uncommitted, retry: bool = False):
        """retry: clips that the lake holds as quarantined are replaced; else they count as known."""
        self._lake, self._every_s, self._uncommitted, self._retry = lake, every_s, uncommitted, retry
        self._outcomes: list[Outcome] = []
        self._videos: list[dict[str, Any]] = []
        self._since = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        """Clips that are made."""
        self._outcomes.append(outcome)
        self._uncommitted.add(_n_clips(outcome))

    def add_video(self, row: dict[str, Any]) -> None:
        """A row of `videos`; all clips of this video were added before, or are committed."""
        self._videos.append(row)

    @property
    def is_due(self) -> bool:
        """Whether there is something, and enough clips of all shards, or enough time, came together."""
        if not self._outcomes and not self._videos:
            return False
        return self._uncommitted.are_too_many or time.monotonic() - self._since >= self._every_s

    def commit(self, shard: ShardRow | None = None) -> Counts:
        """Commit what was gathered, and `shard` as the ledger should keep it; returns what it came to."""
        ready, videos = join(self._outcomes), self._videos
        with committing(self._lake) as still_ours:
            counts = ready.counts + self._commit_clips(ready, still_ours)
            still_ours()
            self._lake.upsert("videos", table_of("videos", videos), on="video_id")
            self._drop_superseded(videos)
            put_shards(self._lake, [shard] if shard else [])
        self._uncommitted.add(-sum(map(_n_clips, self._outcomes)))
        self._outcomes, self._videos, self._since = [], [], time.monotonic()
        return sum((Counts.of_video(row) for row in videos), counts)

    def _commit_clips(self, ready: Outcome, still_ours: Callable[[], None]) -> Counts:
        """Add those that nobody added meanwhile, and count them."""
        if ready.clips is None or not len(ready.clips):
            return Counts()
        asked = ready.clips["clip_id"].to_pylist()
        known = self._lake.clip_ids("clips", clip_ids=asked)
        again = quarantined_clips(self._lake, known) if self._retry else set()
        new = _of(ready.clips, set(asked) - known)
        replaced = _of(ready.clips, again)
        media, rows = self._new_media(ready.media), self._lake.write_fragments("clips", new)
        still_ours()
        self._lake.append("clip_media", media, known_new=True)
        still_ours()
        self._lake.append("clips", rows, known_new=True)
        self._lake.upsert("clips", replaced, on="clip_id")
        counts = Counts.of_clips(new) + Counts.of_clips(replaced)
        return counts + Counts(clips_known=len(asked) - len(new) - len(replaced))

    def _new_media(self, media: Sequence[Media]) -> list[str]:
        """The fragments whose clips have no media yet."""
        asked = {clip for part in media for clip in part.clip_ids}
        known = self._lake.clip_ids("clip_media", clip_ids=asked)
        fragments: list[str] = []
        for part in media:
            there = known.intersection(part.clip_ids)
            if not there:
                fragments += part.fragments
            elif there != set(part.clip_ids):
                raise AccountingError(
                    f"the media of {len(there)} of {len(part.clip_ids)} clips, {min(there)} among them, was added by"
                    f" another run to {self._lake.uri}: run this again, which adds the others"
                )
        return fragments

    def _drop_superseded(self, videos: Sequence[dict[str, Any]]) -> None:
        """A file that could not be read once is known by its address; read now, that row has had its day."""
        uris = [row["uri"] for row in videos if row["status"] == "ingested"]
        if not uris:
            return
        sql = f"{is_in('uri', uris)} AND status = 'quarantined' AND {_BY_ADDRESS}"
        if self._lake.table("videos").count_rows(sql):
            self._lake.delete("videos", sql)


_BY_ADDRESS = "length(video_id) < 64"  # an id of bytes is a SHA-256; see flows.work


def _n_clips(outcome: Outcome) -> int:
    return 0 if outcome.clips is None else len(outcome.clips)


def _of(rows: pa.Table, clip_ids: set[str]) -> pa.Table:
    return rows.filter(pc.field("clip_id").isin(pa.array(sorted(clip_ids), pa.string())))
