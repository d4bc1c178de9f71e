"""A lake of as many clips as asked for, with every column of the schema filled and hardly any media.

Values repeat from block to block and ids do not, so that a hundred thousand clips are made in a minute. The
tables are those an ingest leaves: ten clips a video, one clip in ten filtered, `speech` filled by nobody.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa

from datasets.identity import clip_id
from datasets.lake import Lake
from datasets.provenance import inputs_of
from datasets.schema import SLOTS, TABLES
from datasets.splits.split import split_key, split_of
from datasets.staleness import Wanted

CLIPS_A_VIDEO = 10
FILLED = ("body", "hands", "motion", "fingerprint")
_READS: dict[str, tuple[str, ...]] = {"hands": ("body",), "motion": ("body", "hands")}
_NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
_STAMP = ("1", "0f3a9c11d2e4")
_SRC: dict[str, dict[str, Any]] = {
    slot: {"name": slot, "version": _STAMP[0], "params_hash": _STAMP[1], "run_id": "synthetic", "at": _NOON}
    for slot in FILLED
}
_COMMITTED_AT_ONCE = 64  # blocks
_HASHES_A_CLIP = 8  # one a second


@dataclass(frozen=True)
class Shape:
    """How large a synthetic lake is and how it is cut up."""

    clips: int
    clips_a_fragment: int = 256  # as `emo2 maintain` leaves them, and a group commit of an ingest at most
    media_a_fragment: int = 256  # of `clip_media`; as an ingest writes them, about 4
    frames: int = 2  # items of every per-frame column; 200 is a clip of 8 s


def wanted(slot: str, *, version: str = _STAMP[0]) -> Wanted:
    """What the annotator would write that filled the slot, or a newer one: nothing is stale, or all is."""
    return Wanted(slot, version, _STAMP[1], _READS.get(slot, ()))


def make_lake(uri: Path, shape: Shape) -> Lake:
    """The lake at `uri`, which must not be there yet; the same shape gives the same rows."""
    lake = Lake.open(uri, create=True)
    values = block_values(min(shape.clips_a_fragment, shape.clips), shape)
    pending: dict[str, list[str]] = {"clips": [], "clip_media": []}
    for number, block in enumerate(_blocks(shape)):
        clips = clip_rows(block, values)
        pending["clips"] += lake.write_fragments("clips", clips)
        for start in range(0, len(clips), shape.media_a_fragment):
            media = media_rows(clips[start : start + shape.media_a_fragment])
            pending["clip_media"] += lake.write_fragments("clip_media", media)
        if number % _COMMITTED_AT_ONCE == _COMMITTED_AT_ONCE - 1:
            pending = _commit(lake, pending)
    _commit(lake, pending)
    videos = video_rows(range(-(-shape.clips // CLIPS_A_VIDEO)))
    lake.append("videos", lake.write_fragments("videos", videos))
    return lake


def clip_rows(block: range, values: Mapping[str, pa.Array]) -> pa.Table:
    """Rows of `clips` for clips number `block`; those that were not kept take nothing from `values`."""
    known = [_known(number) for number in block]
    kept = np.array([row["keep"] for row in known])
    values = {**values, **_prints(block)}
    columns = [
        _where(kept, values[column.name])
        if column.name in values
        else pa.array([row.get(column.name) for row in known], column.type)
        for column in TABLES["clips"]
    ]
    return pa.table(columns, schema=TABLES["clips"])


def media_rows(clips: pa.Table) -> pa.Table:
    """Rows of `clip_media` of the clips that were kept: a few bytes each, and a hash that differs."""
    kept = clips.filter(clips["keep"])["clip_id"].to_pylist()
    rows = {
        "clip_id": kept,
        "mp4": [b"mp4" for _ in kept],
        "audio": [b"flac" for _ in kept],
        "reference": [b"jpeg" for _ in kept],
        "n_frames": [200 for _ in kept],
        "encode_hash": [hashlib.sha256(clip.encode()).hexdigest() for clip in kept],
    }
    columns = [
        lance.blob_array(rows[column.name])
        if isinstance(column.type, lance.blob.BlobType)
        else pa.array(rows[column.name], column.type)
        for column in TABLES["clip_media"]
    ]
    return pa.table(columns, schema=TABLES["clip_media"])


def video_rows(block: range) -> pa.Table:
    """Rows of `videos` number `block`: one in a hundred quarantined."""
    rows = [_video(number) for number in block]
    columns = [pa.array([row.get(c.name) for row in rows], c.type) for c in TABLES["videos"]]
    return pa.table(columns, schema=TABLES["videos"])


def slot_values(slot: str, clips: int, *, frames: int, seed: int = 0) -> dict[str, pa.Array]:
    """Random values of the slot's own columns for `clips` clips of `frames` frames."""
    random = np.random.default_rng([seed, len(slot)])
    return {column.name: _random(column.type, clips, frames, random) for column in SLOTS[slot]}


def _blocks(shape: Shape) -> Iterator[range]:
    size = shape.clips_a_fragment
    return (range(start, min(start + size, shape.clips)) for start in range(0, shape.clips, size))


def block_values(clips: int, shape: Shape) -> dict[str, pa.Array]:
    """Annotation columns of a block, provenance included, as if every clip were kept."""
    columns: dict[str, pa.Array] = {}
    for slot in FILLED:
        columns |= slot_values(slot, clips, frames=shape.frames) | _stamps(slot, clips)
    types = {name: TABLES["clips"].field(name).type for name in columns}
    return {name: column.cast(types[name]) for name, column in columns.items()}


def _prints(block: range) -> dict[str, pa.Array]:
    """Fingerprints differ from clip to clip, else all videos would be one recording."""
    return slot_values("fingerprint", len(block), frames=_HASHES_A_CLIP, seed=block.start)


def _stamps(slot: str, clips: int) -> dict[str, pa.Array]:
    inputs = inputs_of(_READS.get(slot, ()), _SRC)
    digests = [hashlib.sha256(f"{slot} {number}".encode()).hexdigest()[:16] for number in range(clips)]
    return {
        f"{slot}_src": pa.array([_SRC[slot]] * clips, TABLES["clips"].field(f"{slot}_src").type),
        f"{slot}_rev": pa.array([1] * clips, pa.int32()),
        f"{slot}_inputs": pa.array([inputs] * clips, pa.string()),
        f"{slot}_digest": pa.array(digests, pa.string()),
    }


def _where(kept: np.ndarray, column: pa.Array) -> pa.Array:
    """The column's first items, null where `kept` is false."""
    places = pa.array(np.arange(len(kept)), mask=~kept)
    return column.take(places)


def _random(column_type: pa.DataType, clips: int, frames: int, random: np.random.Generator) -> pa.Array:
    """One value a clip of any type that a slot's columns have."""
    if pa.types.is_fixed_size_list(column_type):
        flat = _numbers(column_type.value_type, clips * column_type.list_size, random)
        return pa.FixedSizeListArray.from_arrays(flat, type=column_type)
    if pa.types.is_list(column_type):
        items = _random(column_type.value_type, clips * frames, 0, random)
        offsets = pa.array(np.arange(clips + 1, dtype=np.int32) * frames)
        return pa.ListArray.from_arrays(offsets, items, type=column_type)
    if pa.types.is_string(column_type):
        return pa.array(["synthetic"] * clips, column_type)
    return _numbers(column_type, clips, random)


def _numbers(number_type: pa.DataType, count: int, random: np.random.Generator) -> pa.Array:
    dtype = np.dtype(number_type.to_pandas_dtype())
    if dtype == np.uint64:
        return pa.array(random.integers(0, 1 << 64, count, dtype=np.uint64), number_type)
    if dtype.kind in "iu":
        return pa.array(random.integers(0, 3, count).astype(dtype), number_type)
    return pa.array(random.random(count, dtype=np.float32).astype(dtype), number_type)


def _is_kept(number: int) -> bool:
    return number % 10 != 9


def _known(number: int) -> dict[str, Any]:
    """What of a row is known without an annotator."""
    video, start_s = _video_id(number // CLIPS_A_VIDEO), 8.0 * (number % CLIPS_A_VIDEO)
    speaker = _speaker(number // CLIPS_A_VIDEO)
    return {
        "clip_id": clip_id(video, start_s, start_s + 8, "synthetic"),
        "video_id": video,
        "start_s": start_s,
        "end_s": start_s + 8,
        "start_frame": round(25 * start_s),
        "end_frame": round(25 * start_s) + 200,
        "n_frames": 200,
        "crop": {"x_px": 0, "y_px": 0, "width_px": 512, "height_px": 704},
        "split": split_of(split_key(video, speaker)),
        "keep": _is_kept(number),
        "reason": None if _is_kept(number) else "blurred",
        "people": 1.0,
        "sharpness": 40.0,
        "run_id": "synthetic",
    }


def _video(number: int) -> dict[str, Any]:
    quarantined = number % 100 == 99
    return {
        "video_id": _video_id(number),
        "uri": f"/videos/{number:06d}.mp4",
        "speaker": _speaker(number),
        "metadata": json.dumps({"number": number}),
        "duration_s": 80.0,
        "bytes": 10_000_000,
        "status": "quarantined" if quarantined else "ingested",
        "n_clips": CLIPS_A_VIDEO,
        "run_id": "synthetic",
        "at": _NOON,
    }


def _speaker(video: int) -> str:
    return f"speaker {video // 2}"


def _video_id(number: int) -> str:
    return hashlib.sha256(f"video {number}".encode()).hexdigest()


def _commit(lake: Lake, pending: Mapping[str, list[str]]) -> dict[str, list[str]]:
    lake.append("clip_media", pending["clip_media"])
    lake.append("clips", pending["clips"])
    return {name: [] for name in pending}
