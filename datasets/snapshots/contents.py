"""What a snapshot holds, read from small columns alone: its clips, their digests, counts and one hash of it all."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import lance
import pyarrow as pa
import pyarrow.compute as pc

from datasets.frame import CLIP_RATE_HZ
from datasets.lake import LakeError
from datasets.schema import SLOTS
from datasets.splits.split import SPLITS
from datasets.style import STYLE_SQL, STYLES


def read_contents(clips: lance.LanceDataset, media: lance.LanceDataset, selection: str) -> pa.Table:
    """A row for each chosen clip, sorted by clip_id.

    Columns: clip_id, video_id, split, n_frames, encode_hash (null where `clip_media` has none), style_told and style
    (what was told, else guessed) where the table has them, and for each slot the table has, `<slot>_digest`,
    `<slot>_made` ("version/params_hash") and `<slot>_rev`, null where the slot is empty.
    Raises LakeError for a clip that stands twice.
    """
    rows = clips.to_table(columns=_columns(clips), filter=selection).sort_by("clip_id")
    if len(rows["clip_id"].unique()) != rows.num_rows:
        twice = next(
            each["values"] for each in rows["clip_id"].value_counts().to_pylist() if each["counts"] > 1
        )
        raise LakeError(f"clip {twice} stands twice in {clips.uri}: a snapshot of it would count it twice")
    encoded = media.to_table(columns=["clip_id", "encode_hash"])
    where = pc.index_in(rows["clip_id"], value_set=encoded["clip_id"])  # type: ignore[attr-defined]
    return rows.append_column("encode_hash", encoded["encode_hash"].take(where)).combine_chunks()


def _columns(clips: lance.LanceDataset) -> dict[str, str]:
    """Name -> SQL; a snapshot of an earlier release may lack slots."""
    columns = {name: name for name in ("clip_id", "video_id", "split", "n_frames")}
    if {"style_told", "style_guess"} <= set(clips.schema.names):
        columns |= {"style_told": "style_told", "style": STYLE_SQL}
    for slot in _slots(clips.schema):
        columns[f"{slot}_digest"] = f"{slot}_digest"
        columns[f"{slot}_rev"] = f"{slot}_rev"
        columns[f"{slot}_made"] = f"{slot}_src.version || '/' || {slot}_src.params_hash"
    return columns


def _slots(schema: pa.Schema) -> Iterator[str]:
    return (slot for slot in SLOTS if f"{slot}_digest" in schema.names)


def content_hash(contents: pa.Table) -> str:
    """SHA-256, 64 hex digits, of a line for each clip: id, hash of its film, split, digest of each slot it has, and
    the style that was told.

    A slot or column that comes with a later release is empty in all clips of then, and changes no hash.
    """
    columns = [contents[name].combine_chunks() for name in ("clip_id", "encode_hash", "split")]
    lines = _joined(*(pc.fill_null(column, "-") for column in columns), "\t")  # type: ignore[attr-defined]
    for slot in _slots(contents.schema):
        lines = _joined(lines, pc.fill_null(_joined(f"\t{slot}=", contents[f"{slot}_digest"], ""), ""), "")  # type: ignore[attr-defined]
    if "style_told" in contents.column_names:
        lines = _joined(lines, pc.fill_null(_joined("\tstyle=", contents["style_told"], ""), ""), "")  # type: ignore[attr-defined]
    return hashlib.sha256("\n".join(lines.to_pylist()).encode()).hexdigest()


def _joined(*parts: pa.Array | pa.ChunkedArray | str) -> pa.Array:
    """Texts side by side with the last part between them; null where one is."""
    return pc.binary_join_element_wise(*parts)  # type: ignore[attr-defined]


def count_contents(contents: pa.Table) -> dict[str, Any]:
    """Clips, videos, frames and hours, the clips of each split and style, and those in which each slot is empty."""
    frames = pc.sum(contents["n_frames"]).as_py() or 0  # type: ignore[attr-defined]
    splits = {each["values"]: each["counts"] for each in contents["split"].value_counts().to_pylist()}
    return {
        "clips": contents.num_rows,
        "videos": len(contents["video_id"].unique()),
        "frames": frames,
        "hours": round(frames / CLIP_RATE_HZ / 3600, 2),
        "splits": {split: splits.get(split, 0) for split in SPLITS},
        "styles": _styles(contents),
        "empty": {slot: contents[f"{slot}_made"].null_count for slot in _slots(contents.schema)},
    }


def _styles(contents: pa.Table) -> dict[str, int]:
    """Style, or "unknown" -> clips; only those that there are."""
    known = contents["style"].to_pylist() if "style" in contents.column_names else [None] * contents.num_rows
    counted = Counter(style or "unknown" for style in known)
    return {style: counted[style] for style in (*STYLES, "unknown") if counted[style]}


def annotators_of(contents: pa.Table) -> dict[str, dict[str, int]]:
    """slot -> {"version/params_hash": clips}, for slots that any clip has."""
    made = {
        slot: contents[f"{slot}_made"].drop_null().value_counts().to_pylist()
        for slot in _slots(contents.schema)
    }
    return {
        slot: {each["values"]: each["counts"] for each in sorted(kinds, key=lambda each: each["values"])}
        for slot, kinds in made.items()
        if kinds
    }
