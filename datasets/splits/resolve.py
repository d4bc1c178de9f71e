"""The `split` column of a lake, put right before a snapshot: datasets/splits/groups.py says what right is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datasets.lake import Lake
from datasets.replacement import commit_replacements, write_replacement
from datasets.splits.groups import SplitGroup, SplitVideo, split_groups
from datasets.splits.near_duplicates import near_duplicates
from datasets.splits.split import SPLITS


@dataclass(frozen=True)
class SplitMoves:
    """What had to change so that groups stand together."""

    clips: int  # whose split was written anew
    videos: int  # they belong to
    largest_group: int  # videos

    def as_dict(self) -> dict[str, int]:
        return {"clips": self.clips, "videos": self.videos, "largest_group": self.largest_group}


def resolve_splits(lake: Lake, *, check: Callable[[], None] = lambda: None) -> SplitMoves:
    """Write the split of every clip that does not stand with its group, in one commit; often there is none.

    Covers all clips, chosen or not, so that a video's split is one fact of the lake. For a caller inside
    `committing(lake)`, which gives `check`. Touches the column `split` of the fragments that hold such clips.
    """
    clips = lake.table("clips")
    stored = clips.to_table(columns=["clip_id", "video_id", "split"], with_row_address=True)
    groups = split_groups(_videos(lake, stored), near_duplicates(_fingerprints(clips)))
    wrong = _wrong(stored, groups)
    if wrong.num_rows:
        _rewrite(lake, wrong, version=clips.version, check=check)
    moved = len(wrong["video_id"].unique())
    return SplitMoves(wrong.num_rows, moved, max((len(group.video_ids) for group in groups), default=0))


def _videos(lake: Lake, stored: pa.Table) -> Iterable[SplitVideo]:
    """The videos that have clips, with what the table `videos` knows of them."""
    rows = lake.table("videos").to_table(columns=["video_id", "uri", "dataset", "speaker"]).to_pylist()
    known: dict[str, dict[str, Any]] = {row["video_id"]: row for row in rows}
    stood = stored.group_by("video_id").aggregate([("split", "distinct")])
    for video_id, splits in zip(
        *(stood[name].to_pylist() for name in ("video_id", "split_distinct")), strict=True
    ):
        facts = known.get(video_id, {"video_id": video_id})
        yield SplitVideo(**facts, stood=frozenset(split for split in SPLITS if split in splits))


def _fingerprints(clips: lance.LanceDataset) -> dict[str, list[np.ndarray]]:
    """video_id -> the hashes of its clips in order of time, each (N,) uint64."""
    prints = clips.to_table(
        columns=["video_id", "start_s", "fingerprint_frames"],
        filter="keep IS TRUE AND fingerprint_frames IS NOT NULL",
    ).sort_by([("video_id", "ascending"), ("start_s", "ascending")])
    found: dict[str, list[np.ndarray]] = {}
    for batch in prints.to_batches():
        lists = batch["fingerprint_frames"]
        hashes, ends = lists.flatten().to_numpy(zero_copy_only=False), np.cumsum(_lengths(lists))
        for video_id, clip in zip(batch["video_id"].to_pylist(), np.split(hashes, ends[:-1]), strict=True):
            found.setdefault(video_id, []).append(clip)
    return found


def _lengths(lists: pa.ListArray) -> np.ndarray:
    return pc.list_value_length(lists).to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]


def _wrong(stored: pa.Table, groups: Iterable[SplitGroup]) -> pa.Table:
    """The clips whose split is not their group's, with the right one."""
    right = {video_id: group.split for group in groups for video_id in group.video_ids}
    videos = stored["video_id"].combine_chunks().dictionary_encode()
    splits = pa.array([right[video_id] for video_id in videos.dictionary.to_pylist()], pa.string())
    wanted = splits.take(videos.indices)
    differs = pc.fill_null(pc.not_equal(stored["split"].combine_chunks(), wanted), True)  # type: ignore[attr-defined]
    return stored.set_column(stored.schema.get_field_index("split"), "split", wanted).filter(differs)


def _rewrite(lake: Lake, wrong: pa.Table, *, version: int, check: Callable[[], None]) -> None:
    fragments = wrong["_rowaddr"].combine_chunks().to_numpy() >> np.uint64(32)
    rows = wrong.select(["clip_id", "split"])
    replacements = [
        write_replacement(
            lake, rows.filter(pa.array(fragments == number)), version=version, fragment_id=int(number)
        )
        for number in np.unique(fragments)
    ]
    done = commit_replacements(lake, replacements, check=check)
    assert not done.outdated, "somebody changed the splits outside `committing`"
