"""Small lakes of known rows, without media files: what tests of snapshots and splits write and read."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from datasets.content import row_digests
from datasets.lake import Lake
from datasets.replacement import Replacement, commit_replacements, write_replacement
from datasets.rows import table_of
from datasets.schema import SLOTS


def new_lake(path: Path) -> Lake:
    return Lake.open(path / "lake", create=True)


def put(lake: Lake, table: str, *rows: Mapping[str, Any]) -> int:
    return lake.append(table, lake.write_fragments(table, table_of(table, rows)))


def source(slot: str, version: str = "2") -> dict[str, Any]:
    return {"name": slot, "version": version, "params_hash": "aa", "run_id": "r", "at": None}


def recording(number: int) -> list[int]:
    """The fingerprint of ten seconds that no other number shows."""
    return np.random.default_rng(number).integers(1, 2**64, 16, np.uint64).tolist()


def clip(clip_id: str, video_id: str, **columns: Any) -> dict[str, Any]:
    """A kept clip of two seconds in train, with body and fingerprint labels that only it has."""
    number = int(hashlib.sha256(clip_id.encode()).hexdigest()[:8], 16)
    row = {
        "clip_id": clip_id, "video_id": video_id, "start_s": 0.0, "end_s": 2.0, "n_frames": 50, "keep": True,
        "split": "train", "run_id": "r", "face_height_px": 100.0,
        "body_place_clip": [float(number % 1000), 0.0, 0.0, 0.0, 0.0], "fingerprint_frames": recording(number),
        "body_src": source("body"), "fingerprint_src": source("fingerprint"), "body_rev": 1, "fingerprint_rev": 1,
    } | columns  # fmt: skip
    return row | {f"{slot}_digest": digest_of(row, slot) for slot in SLOTS if row.get(f"{slot}_src")}


def digest_of(row: Mapping[str, Any], slot: str) -> str:
    fields = SLOTS[slot]
    return row_digests(
        pa.table([pa.array([row.get(f.name)], f.type) for f in fields], schema=fields), fields.names
    )[0]


def put_clips(lake: Lake, *rows: dict[str, Any], videos: Mapping[str, dict[str, Any]] | None = None) -> None:
    """Clips in one fragment, their films, and the videos that are not there yet.

    videos: video_id -> columns; others get an address of their own and no speaker.
    """
    put(lake, "clip_media", *(media(row["clip_id"]) for row in rows))
    put(lake, "clips", *rows)
    new = {row["video_id"]: {"uri": f"/{row['video_id']}.mp4"} for row in rows} | dict(videos or {})
    known = lake.known_videos()
    put(
        lake,
        "videos",
        *({"video_id": i, "status": "ingested"} | columns for i, columns in new.items() if i not in known),
    )


def media(clip_id: str) -> dict[str, Any]:
    film = f"film of {clip_id}".encode()
    return {
        "clip_id": clip_id, "mp4": film, "audio": b"sound", "n_frames": 50,
        "encode_hash": hashlib.sha256(film).hexdigest(),
    }  # fmt: skip


def relabelled(lake: Lake, clip_id: str, place: float) -> Replacement:
    """Other values for the slot body, as a newer annotator would write them; not committed."""
    table = lake.table("clips")
    rows = table.to_table(columns=["clip_id"], filter=f"clip_id = '{clip_id}'", with_row_address=True)
    row = clip(clip_id, "any", body_place_clip=[place, 0.0, 0.0, 0.0, 0.0], body_rev=2)
    new = table_of("clips", [row]).select(["clip_id", "body_place_clip", "body_rev", "body_digest"])
    return write_replacement(lake, new, version=table.version, fragment_id=rows["_rowaddr"][0].as_py() >> 32)


def reannotate(lake: Lake, clip_id: str, place: float) -> None:
    assert commit_replacements(lake, [relabelled(lake, clip_id, place)]).committed
