"""Making a snapshot: put the splits right, look at what was chosen, tag every table, write the row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import lance
import pyarrow as pa
import pyarrow.compute as pc

from datasets.counts import is_in
from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.rows import table_of
from datasets.selection import checked_selection
from datasets.snapshots.contents import annotators_of, content_hash, count_contents, read_contents
from datasets.snapshots.snapshot import Snapshot, SnapshotError, check_name, find_snapshot, put_tags
from datasets.splits.resolve import resolve_splits

KEPT = "keep IS TRUE"


@dataclass(frozen=True)
class Choice:
    """Which clips go into a snapshot, and how fresh they have to be."""

    where: str | None = None  # SQL over clips; of the kept ones
    stale: Mapping[str, str] = field(
        default_factory=dict
    )  # slot -> SQL over clips: its labels are out of date
    require_fresh: bool = False  # refuse clips that are stale or empty in one of these slots


def create_snapshot(lake: Lake, name: str, choice: Choice, *, run_id: str | None = None) -> Snapshot:
    """Freeze the chosen clips under a name; nobody else commits to the lake meanwhile.

    Raises SnapshotError for a name that is taken or cannot be a tag, for no clips, for clips that are not whole and,
    where asked, for clips that are not fresh; SelectionError for SQL that is wrong.
    """
    check_name(name)
    with committing(lake) as check:
        _refuse_taken(lake, name)
        clips = lake.table("clips")
        selection = _selection(clips, choice.where)
        _refuse_empty(clips, selection, choice.where)
        stale = _count_stale(clips, selection, choice.stale)
        if choice.require_fresh:
            _refuse_stale(lake, clips, selection, stale)
        moves = resolve_splits(lake, check=check)
        row = _row(lake, selection, choice.where, lake.versions())
        counts = row["counts"] | {"stale": stale, "splits_resolved": moves.as_dict()}
        check()
        put_tags(lake, name, row["versions"])
        plain = {"name": name, "run_id": run_id, "at": datetime.now(UTC), "state": "ready"}
        _write(lake, row | {"counts": counts} | plain)
    return find_snapshot(lake, name)


def _row(lake: Lake, selection: str, where: str | None, versions: Mapping[str, int]) -> dict[str, Any]:
    """What the tables at these versions say of the selection."""
    contents = _whole_contents(lake, versions, selection, where)
    speakers = _count_speakers(lake, versions["videos"], contents)
    return {
        "selection": selection,
        "versions": versions,
        "counts": count_contents(contents) | {"speakers": speakers},
        "annotators": annotators_of(contents),
        "content_hash": content_hash(contents),
    }


def _write(lake: Lake, row: dict[str, Any]) -> None:
    texts = {name: json.dumps(row[name]) for name in ("versions", "counts", "annotators")}
    lake.upsert("snapshots", table_of("snapshots", [row | texts]), on="name")


def _refuse_taken(lake: Lake, name: str) -> None:
    rows = lake.table("snapshots").to_table(columns=["at", "state"], filter=is_in("name", [name])).to_pylist()
    if rows:
        made = f"{rows[0]['at']:%Y-%m-%d %H:%M} UTC"
        raise SnapshotError(
            f"the name {name} is taken by a snapshot of {made} ({rows[0]['state']}): give another name;"
            f" `emo2 snapshot show {name} --lake {lake.uri}` shows what it holds"
        )


def _selection(clips: lance.LanceDataset, where: str | None) -> str:
    return KEPT if where is None else f"{KEPT} AND {checked_selection(clips, where)}"


def _refuse_empty(clips: lance.LanceDataset, selection: str, where: str | None) -> None:
    if clips.count_rows(selection):
        return
    kept = clips.count_rows(KEPT)
    chosen = (
        f"--where {where!r} holds for none of the {kept} kept clips"
        if where
        else "the lake has no kept clips"
    )
    raise SnapshotError(f"{chosen} of {clips.uri}: widen the choice, or ingest more")


def _count_stale(clips: lance.LanceDataset, selection: str, stale: Mapping[str, str]) -> dict[str, int]:
    """slot -> chosen clips for which its SQL holds."""
    if not stale:
        return {}
    flags = clips.to_table(columns={slot: f"({sql})" for slot, sql in stale.items()}, filter=selection)
    return {slot: pc.sum(flags[slot]).as_py() or 0 for slot in stale}  # type: ignore[attr-defined]


def _refuse_stale(lake: Lake, clips: lance.LanceDataset, selection: str, stale: Mapping[str, int]) -> None:
    empty = {slot: clips.count_rows(f"{selection} AND {slot}_src IS NULL") for slot in stale}
    for slot, count in stale.items():
        if count or empty[slot]:
            what = f"stale in {slot}" if count else f"without {slot}"
            raise SnapshotError(
                f"{count or empty[slot]} of the chosen clips are {what}: run"
                f" `emo2 reannotate --lake {lake.uri} --annotator {slot}`, or leave out --require-fresh"
            )


def _whole_contents(lake: Lake, versions: Mapping[str, int], selection: str, where: str | None) -> pa.Table:
    """The chosen clips; a killed ingest may have left some without media, or without a row in `videos`."""
    clips, media = (lake.table(name, versions[name]) for name in ("clips", "clip_media"))
    contents = read_contents(clips, media, selection)
    if not contents.num_rows:  # --where spoke of splits, which have moved
        _refuse_empty(clips, selection, where)
    videos = lake.table("videos", versions["videos"]).to_table(columns=["video_id"])["video_id"]
    known = pc.is_in(contents["video_id"], value_set=videos)  # type: ignore[attr-defined]
    whole = pc.and_(known, contents["encode_hash"].is_valid())  # type: ignore[attr-defined]
    broken = contents.filter(pc.invert(whole))  # type: ignore[attr-defined]
    if broken.num_rows:
        clip_id, video_id = broken["clip_id"][0].as_py(), broken["video_id"][0].as_py()
        raise SnapshotError(
            f"{broken.num_rows} of the chosen clips are not whole (the first is {clip_id} of video {video_id}), as a"
            " killed ingest leaves them: run that ingest again, or leave them out with --where"
        )
    return contents


def _count_speakers(lake: Lake, version: int, contents: pa.Table) -> int:
    """Named ones; one name in two data sets is two people."""
    videos = lake.table("videos", version).to_table(
        columns=["video_id", "dataset", "speaker"], filter="speaker IS NOT NULL AND speaker <> ''"
    )
    chosen = videos.filter(pc.is_in(videos["video_id"], value_set=contents["video_id"]))  # type: ignore[attr-defined]
    return chosen.group_by(["dataset", "speaker"]).aggregate([]).num_rows
