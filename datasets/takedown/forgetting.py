"""What of each table may stay when videos are forgotten, row by row."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import lance
import pyarrow as pa

from datasets.counts import is_in
from datasets.schema import TABLES
from datasets.takedown.scrub import Cleaning, Row
from datasets.takedown.traces import Traces

FORGOTTEN: Final = "forgotten"
UNFINISHED: Final = "being removed"  # in `detail` of a video until no trace of it is left
_KEPT_OF_VIDEO = frozenset({"video_id", "status", "run_id", "at"})


@dataclass(frozen=True)
class Forgetting:
    """Videos to forget, and the text by which they are known."""

    video_ids: frozenset[str]
    traces: Traces

    def cleaning(
        self, name: str, table: lance.LanceDataset, clips: lance.LanceDataset, *, is_old: bool
    ) -> Cleaning:
        """Of a version of a table, beside which `clips` was.

        is_old: kept for a snapshot alone, so that a forgotten video leaves no row there.
        """
        if name == "clips":
            return Cleaning("clip_id", ("clip_id", "video_id"), self._without_video)
        if name == "clip_media":
            return Cleaning("clip_id", ("clip_id",), self._media_beside(clips))
        if name == "videos":
            return Cleaning("video_id", tuple(table.schema.names), self._in_old if is_old else self._bare)
        key, *texts = [column.name for column in TABLES[name] if pa.types.is_string(column.type)]
        there = [column for column in texts if column in table.schema.names]  # a later release has more
        return Cleaning(key, (key, *there), self._without_traces(key))

    def _without_video(self, row: Row) -> Row | None:
        return None if row["video_id"] in self.video_ids else row

    def _media_beside(self, clips: lance.LanceDataset) -> Callable[[Row], Row | None]:
        """Media of other videos' clips; of a clip without a row, as a killed ingest leaves it, nobody knows whose."""
        others = clip_ids_of(clips, self.video_ids, others=True)
        return lambda row: row if row["clip_id"] in others else None

    def _bare(self, row: Row) -> Row:
        """The id alone, by which the video is refused."""
        if row["video_id"] not in self.video_ids:
            return row
        bare = {name: value if name in _KEPT_OF_VIDEO else None for name, value in row.items()}
        return bare | {"detail": UNFINISHED if row["detail"] == UNFINISHED else None}

    def _in_old(self, row: Row) -> Row | None:
        return row if self._bare(row) == row else None

    def _without_traces(self, key: str) -> Callable[[Row], Row | None]:
        def cleaned(row: Row) -> Row | None:
            new = {name: text if name == key else self.traces.removed(text) for name, text in row.items()}
            # Work on a forgotten clip that waits for its commit: there is nothing to be committed any more.
            return None if new != row and row.get("state") == "written" else new

        return cleaned


def clip_ids_of(
    clips: lance.LanceDataset, video_ids: Collection[str], *, others: bool = False
) -> frozenset[str]:
    """Clips of these videos, or of all but these."""
    chosen = is_in("video_id", sorted(video_ids))
    rows = clips.to_table(
        columns=["clip_id"], filter=f"video_id IS NULL OR NOT {chosen}" if others else chosen
    )
    return frozenset(rows["clip_id"].to_pylist())
