"""Lakes of clips without media, for re-annotation: a body of known numbers, and no speech."""

from pathlib import Path
from typing import Any

import numpy as np

from datasets.lake import Lake
from datasets.provenance import source
from datasets.rows import table_of

FRAMES = 8


def clip_row(number: int, **values: Any) -> dict[str, Any]:
    """A kept clip whose body is `number` all over."""
    return {
        "clip_id": f"clip{number:03d}",
        "video_id": f"video{number // 4}",
        "n_frames": FRAMES,
        "split": "train",
        "keep": True,
        "body_keypoints": np.full((FRAMES, 99), number, np.float16).tolist(),
        "body_src": source("body", "1", {}, "earlier"),
        "body_rev": 1,
        **values,
    }


def append(lake: Lake, *rows: dict[str, Any]) -> None:
    """One fragment."""
    lake.append("clips", lake.write_fragments("clips", table_of("clips", rows)))


def stale_lake(folder: Path, *fragments: int) -> Lake:
    """Clips 0, 1, ... in fragments of these sizes."""
    lake, first = Lake.open(folder / "lake", create=True), 0
    for size in fragments:
        append(lake, *(clip_row(number) for number in range(first, first + size)))
        first += size
    return lake


def column(lake: Lake, name: str) -> dict[str, Any]:
    """clip_id -> value; every clip stands once."""
    rows = lake.table("clips").to_table(columns=["clip_id", name]).to_pylist()
    assert len({row["clip_id"] for row in rows}) == len(rows)
    return {row["clip_id"]: row[name] for row in rows}
